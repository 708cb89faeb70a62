/** What made an answer, seen from outside: each field alone is set to what is typical, and the answer moves by so much. Pure. */
export interface Feature {
  name: string;
  type: string;
  default: unknown;
  categories?: string[];
  min?: number | null;
  max?: number | null;
  quantiles?: number[];
}

export interface Answer {
  prediction: string | number;
  probabilities?: Record<string, number>;
}

/** The row itself, then the row with each of these features at its typical value. */
export function variants(row: Record<string, unknown>, features: readonly Feature[]): Record<string, unknown>[] {
  return [row, ...features.map((feature) => ({ ...row, [feature.name]: feature.default }))];
}

export interface Push {
  name: string;
  value: unknown;
  push: number;
}

/** How far each field pushed the first answer: its probability (or quantity) less what it would be with the typical value. The largest first; fields without a push are left out. */
export function pushes(row: Record<string, unknown>, features: readonly Feature[], answers: readonly Answer[]): Push[] {
  const first = answers[0];
  if (!first) return [];
  const score = (answer: Answer | undefined): number => (answer?.probabilities ? (answer.probabilities[String(first.prediction)] ?? 0) : Number(answer?.prediction ?? 0));
  return features
    .map((feature, place) => ({ name: feature.name, value: row[feature.name], push: score(first) - score(answers[place + 1] ?? first) }))
    .filter((one) => Math.abs(one.push) > 1e-9)
    .sort((a, b) => Math.abs(b.push) - Math.abs(a.push));
}
