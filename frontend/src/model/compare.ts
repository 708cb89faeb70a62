import { better, metricTitle } from "./metric";
import type { DrawnNode, Metrics, NodeTypes, Workflow } from "./types";
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

/** Lines of all runs; nodes that several runs have stand together by their id. A default that nobody set stands as it is declared. */
export function compare(runs: readonly Compared[], types: NodeTypes, known: Metrics): Line[] {
  const ids = [...new Set(runs.flatMap((run) => run.document?.nodes.map((node) => node.id) ?? []))];
  const params = ids.flatMap((id) => paramLines(id, runs, types));
  const scored = [...new Set(runs.flatMap((run) => run.nodes.map((node) => node.node)))];
  const metrics = scored.flatMap((id) => metricLines(id, runs, types, known));
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

function metricLines(id: string, runs: readonly Compared[], types: NodeTypes, known: Metrics): Line[] {
  const found = runs.map((run) => run.nodes.find((node) => node.node === id)?.metrics);
  const names = [...new Set(found.flatMap((metrics) => Object.keys(metrics ?? {})))];
  const title = nameOf(id, runs, types);
  return names.map((name) => {
    const values = found.map((metrics) => metrics?.[name]);
    return line("metrics", title, metricTitle(name, known), values, better(name, known));
  });
}

function line(group: Line["group"], node: string, name: string, values: unknown[], end?: "low" | "high"): Line {
  const differs = new Set(values.map((value) => JSON.stringify(value ?? null))).size > 1;
  return { group, node, name, values, differs, best: differs && end ? bestOf(values, end) : null };
}

function bestOf(values: readonly unknown[], end: "low" | "high"): number | null {
  let best: number | null = null;
  for (const [place, value] of values.entries()) {
    if (typeof value !== "number") continue;
    const known = best === null ? undefined : (values[best] as number);
    if (known === undefined || (end === "low" ? value < known : value > known)) best = place;
  }
  return best;
}
