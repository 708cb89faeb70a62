import type { DrawnNode, NodeTypes, Workflow } from "./types";
import { titleOf } from "./lookup";

/** Runs beside each other: one line for every setting and figure, with one cell a run. Pure. */
export interface Line {
  group: "params" | "metrics" | "money";
  /** Which node it is of. */
  node: string;
  name: string;
  values: unknown[];
  differs: boolean;
  /** Place of the best figure, where it is known which end is better and they differ. */
  best: number | null;
}

export interface Compared {
  document: Workflow | null;
  nodes: { node: string; metrics: Record<string, unknown> }[];
  seconds: number | null;
  cost: number | null;
}

const LOWER = /^(second_|third_|fourth_)?(mae|rmse|mse|log_loss|brier|mape|error|loss|davies_bouldin)/;
const HIGHER = /^(second_|third_|fourth_)?(accuracy|balanced_accuracy|precision|recall|f1|roc_auc|average_precision|r2|silhouette|score|kappa|mcc)/;

/** Lines of all runs; nodes that several runs have stand together by their id. A default that nobody set stands as it is declared. */
export function compare(runs: readonly Compared[], types: NodeTypes): Line[] {
  const ids = [...new Set(runs.flatMap((run) => run.document?.nodes.map((node) => node.id) ?? []))];
  const params = ids.flatMap((id) => paramLines(id, runs, types));
  const scored = [...new Set(runs.flatMap((run) => run.nodes.map((node) => node.node)))];
  const metrics = scored.flatMap((id) => metricLines(id, runs, types));
  const money: Line[] = [line("money", "", "seconds", runs.map((run) => run.seconds), "low"), line("money", "", "cost", runs.map((run) => run.cost), "low")];
  return [...params, ...metrics, ...money];
}

const nodeIn = (run: Compared, id: string): DrawnNode | undefined => run.document?.nodes.find((node) => node.id === id);

function nameOf(id: string, runs: readonly Compared[], types: NodeTypes): string {
  const node = runs.map((run) => nodeIn(run, id)).find((one) => one !== undefined);
  return node ? titleOf(node, types) : id;
}

function paramLines(id: string, runs: readonly Compared[], types: NodeTypes): Line[] {
  const found = runs.map((run) => nodeIn(run, id));
  const title = nameOf(id, runs, types);
  const kinds = found.map((node) => (node ? (types[node.type]?.title ?? node.type) : null));
  const declared = types[found.find((node) => node)?.type ?? ""]?.params.properties ?? {};
  const names = [...new Set([...Object.keys(declared), ...found.flatMap((node) => Object.keys(node?.data.params ?? {}))])];
  const values = (name: string) => found.map((node) => (node ? (node.data.params[name] ?? types[node.type]?.params.properties?.[name]?.default ?? null) : undefined));
  const type = line("params", title, "", kinds);
  return [...(type.differs ? [type] : []), ...names.map((name) => line("params", title, declared[name]?.title ?? name, values(name)))];
}

function metricLines(id: string, runs: readonly Compared[], types: NodeTypes): Line[] {
  const found = runs.map((run) => run.nodes.find((node) => node.node === id)?.metrics);
  const names = [...new Set(found.flatMap((metrics) => Object.keys(metrics ?? {})))];
  const title = nameOf(id, runs, types);
  return names.map((name) => {
    const values = found.map((metrics) => metrics?.[name]);
    return line("metrics", title, name.replaceAll("_", " "), values, name.includes("baseline") ? undefined : LOWER.test(name) ? "low" : HIGHER.test(name) ? "high" : undefined);
  });
}

function line(group: Line["group"], node: string, name: string, values: unknown[], better?: "low" | "high"): Line {
  const differs = new Set(values.map((value) => JSON.stringify(value ?? null))).size > 1;
  return { group, node, name, values, differs, best: differs && better ? bestOf(values, better) : null };
}

function bestOf(values: readonly unknown[], better: "low" | "high"): number | null {
  let best: number | null = null;
  for (const [place, value] of values.entries()) {
    if (typeof value !== "number") continue;
    const known = best === null ? undefined : (values[best] as number);
    if (known === undefined || (better === "low" ? value < known : value > known)) best = place;
  }
  return best;
}
