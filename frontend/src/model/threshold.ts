/** What a binary classifier would do at each threshold: the confusion matrix, the figures and the cost follow from four counts. */
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

export interface CountsChart {
  thresholds: number[];
  tn: number[];
  fp: number[];
  fn: number[];
  tp: number[];
}

export interface Costs {
  falsePositive: number;
  falseNegative: number;
}

function pointOf(threshold: number | null, tn: number, fp: number, fn: number, tp: number): Point {
  const [negative, positive] = [tn + fp, tp + fn];
  return {
    threshold,
    tp,
    fp,
    fn,
    tn,
    fpr: negative ? fp / negative : 0,
    tpr: positive ? tp / positive : 0,
    precision: tp + fp ? tp / (tp + fp) : null,
    accuracy: (tp + tn) / Math.max(1, positive + negative),
    f1: 2 * tp + fp + fn ? (2 * tp) / (2 * tp + fp + fn) : null,
  };
}

/** From the points of a ROC curve. `counts` is the confusion matrix as it was reported, truth in rows; its row sums are the class sizes. */
export function points(roc: RocChart, counts: number[][]): Point[] {
  const [negative, positive] = [0, 1].map((row) => (counts[row] ?? []).reduce((sum, one) => sum + one, 0)) as [number, number];
  return roc.fpr.map((fpr, index) => {
    const [tp, fp] = [Math.round((roc.tpr[index] ?? 0) * positive), Math.round(fpr * negative)];
    return { ...pointOf(roc.thresholds?.[index] ?? null, negative - fp, fp, positive - tp, tp), fpr, tpr: roc.tpr[index] ?? 0 };
  });
}

/** From the counts at each threshold, the highest threshold first as on a ROC curve. */
export const fromCounts = ({ thresholds, tn, fp, fn, tp }: CountsChart): Point[] =>
  thresholds
    .map((threshold, index) => pointOf(threshold, tn[index] ?? 0, fp[index] ?? 0, fn[index] ?? 0, tp[index] ?? 0))
    .sort((a, b) => (b.threshold ?? 0) - (a.threshold ?? 0));

export const cost = (point: Point, { falsePositive, falseNegative }: Costs): number => point.fp * falsePositive + point.fn * falseNegative;

/** The place of the least cost; of equals the first. */
export function cheapest(all: readonly Point[], costs: Costs): number {
  let best = 0;
  for (const [index, point] of all.entries()) {
    const known = all[best];
    if (known && cost(point, costs) < cost(known, costs)) best = index;
  }
  return best;
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
