import type { NodeRun, Run } from "../api/client";

/** When each node of a run waited, started up and worked, in seconds since the run was asked for. Pure. */
export interface Bar {
  node: string;
  status: string;
  /** From when it could have begun: the run was asked for, or the last node before it had ended. */
  ready: number;
  /** Its function was there and started up (first node of a stage; 0 long for the others). */
  start: number;
  /** The node itself began. */
  work: number;
  end: number;
  usd: number | null;
  critical: boolean;
}

export interface Timeline {
  bars: Bar[];
  /** Seconds from the order to the end, or to now. */
  length: number;
}

type Inputs = ReadonlyMap<string, readonly string[]>;

/** `inputs` names the nodes that feed each node. What was not executed has no bar. */
export function timeline(run: Run, inputs: Inputs, now: number): Timeline {
  const zero = Date.parse(run.created_at);
  const at = (iso: string): number => Math.max(0, (Date.parse(iso) - zero) / 1000);
  const end = run.finished_at ? at(run.finished_at) : Math.max(0, (now - zero) / 1000);
  const executed = run.nodes.filter((node) => node.started_at !== null);
  const ended = new Map(executed.map((node) => [node.node, node.finished_at ? at(node.finished_at) : end]));
  const bars = executed.map((node) => barOf(node, at(node.started_at ?? ""), ended.get(node.node) ?? end, inputs, ended));
  bars.sort((a, b) => a.work - b.work || a.end - b.end);
  const path = critical(bars, inputs);
  return { bars: bars.map((bar) => ({ ...bar, critical: path.has(bar.node) })), length: Math.max(end, ...bars.map((bar) => bar.end), 0.001) };
}

function barOf(node: NodeRun, work: number, end: number, inputs: Inputs, ended: ReadonlyMap<string, number>): Bar {
  const ready = Math.min(work, Math.max(0, ...(inputs.get(node.node) ?? []).flatMap((source) => ended.get(source) ?? [])));
  // What is billed beyond the work itself, before it: the function starting up. Storing at the end is billed to the work.
  const billed = (node.billed_ms ?? 0) / 1000;
  const startUp = Math.max(0, Math.min(work - ready, billed - (end - work)));
  return { node: node.node, status: node.status, ready, start: work - startUp, work, end, usd: node.cost_usd, critical: false };
}

/** The chain of nodes that decided when the run ended: from the one that ended last back over the input that ended last. */
export function critical(bars: readonly Bar[], inputs: Inputs): Set<string> {
  const byNode = new Map(bars.map((bar) => [bar.node, bar]));
  let at = bars.reduce<Bar | undefined>((last, bar) => (!last || bar.end > last.end ? bar : last), undefined);
  const path = new Set<string>();
  while (at && !path.has(at.node)) {
    path.add(at.node);
    at = (inputs.get(at.node) ?? []).flatMap((source) => byNode.get(source) ?? []).reduce<Bar | undefined>((last, bar) => (!last || bar.end > last.end ? bar : last), undefined);
  }
  return path;
}

/** Round distances for the marks of an axis: at most so many of them. */
export function ticks(length: number, most = 8): number[] {
  const raw = length / most;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= raw) ?? power * 10;
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, place) => place * step);
}
