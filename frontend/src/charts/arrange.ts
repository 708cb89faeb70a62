import type { Twin } from "../ui/ChartFrame";
import { type Chart, list, texts } from "./kinds";

/** Which charts belong together. Pure. */

const OVERLAID = new Set(["roc", "pr", "calibration", "lift", "learning_curve", "rounds", "partial_dependence", "importance", "predicted_actual", "threshold"]);

export interface Together {
  confusion: Chart;
  roc: Chart | undefined;
  pr: Chart | undefined;
  threshold: Chart | undefined;
}

/** The charts of one binary classifier that a threshold moves, and the others in groups to be drawn over each other. */
export function arranged(charts: readonly Chart[]): { together: Together | null; first: Chart[][]; rest: Chart[][] } {
  const one = (kind: string) => {
    const found = charts.filter((chart) => chart.kind === kind);
    return found.length === 1 ? found[0] : undefined;
  };
  const confusion = one("confusion");
  const [roc, pr, threshold] = [one("roc"), one("pr"), one("threshold")];
  const binary = confusion && texts(confusion, "labels").length === 2 && list<number[]>(confusion, "counts").length === 2;
  const together = binary && (roc || threshold) ? { confusion, roc, pr, threshold } : null;
  const used = new Set<Chart | undefined>(together ? Object.values(together) : []);
  const groups: Chart[][] = [];
  for (const chart of charts) {
    if (used.has(chart)) continue;
    const group = OVERLAID.has(chart.kind) && groups.find((others) => others[0]?.kind === chart.kind && others[0].title === chart.title && sameAxis(others[0], chart));
    if (group) group.push(chart);
    else groups.push([chart]);
  }
  const early = FIRST.flatMap((kind) => groups.filter(([chart]) => chart?.kind === kind));
  return { together, first: early, rest: groups.filter((group) => !early.includes(group)) };
}

/** What is read first stands first: which model, and how good it is; then where it errs. All else keeps the order it was reported in. */
const FIRST = ["leaderboard", "metrics"];

const sameAxis = (a: Chart, b: Chart): boolean => a.kind !== "partial_dependence" || a.feature === b.feature;

/** Every list of plain values is a column. */
export function flat(chart: Chart): Twin {
  const lists = Object.entries(chart).filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]) && entry[1].every((one) => typeof one !== "object" || one === null));
  const length = Math.max(0, ...lists.map(([, one]) => one.length));
  return { columns: lists.map(([name]) => name), rows: Array.from({ length }, (_, row) => lists.map(([, one]) => one[row] ?? null)) };
}
