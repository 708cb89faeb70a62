/** What a binary classifier would do at each point of its ROC curve: the confusion matrix and the figures follow from the two rates and the class sizes. */
export interface Point {
  /** From this probability on, the positive class is predicted; null where the chart does not say. */
  threshold: number | null;
  tp: number;
  fp: number;
  fn: number;
  tn: number;
  fpr: number;
  tpr: number;
  precision: number | null;
  accuracy: number;
  f1: number | null;
}

export interface RocChart {
  fpr: number[];
  tpr: number[];
  thresholds?: number[] | undefined;
}

/** `counts` is the confusion matrix as it was reported, truth in rows; its row sums are the class sizes. */
export function points(roc: RocChart, counts: number[][]): Point[] {
  const [negative, positive] = [0, 1].map((row) => (counts[row] ?? []).reduce((sum, one) => sum + one, 0)) as [number, number];
  return roc.fpr.map((fpr, index) => {
    const tpr = roc.tpr[index] ?? 0;
    const [tp, fp] = [Math.round(tpr * positive), Math.round(fpr * negative)];
    const [fn, tn] = [positive - tp, negative - fp];
    return {
      threshold: roc.thresholds?.[index] ?? null,
      ...{ tp, fp, fn, tn, fpr, tpr },
      precision: tp + fp ? tp / (tp + fp) : null,
      accuracy: (tp + tn) / Math.max(1, positive + negative),
      f1: 2 * tp + fp + fn ? (2 * tp) / (2 * tp + fp + fn) : null,
    };
  });
}

/** The point whose confusion matrix is nearest to the reported one: where the slider stands at first. */
export function nearest(all: readonly Point[], counts: number[][]): number {
  const [tp, fp] = [counts[1]?.[1] ?? 0, counts[0]?.[1] ?? 0];
  let best = 0;
  for (const [index, point] of all.entries()) {
    const known = all[best];
    if (known && Math.abs(point.tp - tp) + Math.abs(point.fp - fp) < Math.abs(known.tp - tp) + Math.abs(known.fp - fp)) best = index;
  }
  return best;
}

export const matrix = ({ tn, fp, fn, tp }: Point): number[][] => [
  [tn, fp],
  [fn, tp],
];
