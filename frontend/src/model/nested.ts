import type { NodeRun } from "../api/client";
import type { DrawnNode } from "./types";

/** What a card of several nodes is, by what they are: the first that holds for one of them. */
const ORDER = ["failed", "stopped", "running", "queued", "skipped", "succeeded", "cached"];

/** The address of the workflow that a card stands for; null for other nodes, and where none is chosen. */
export function insideOf(node: DrawnNode | undefined): string | null {
  const workflow = node?.type === "sub_workflow" ? node.data.params["workflow"] : null;
  return typeof workflow === "string" && workflow ? `/workflows/${encodeURIComponent(workflow)}` : null;
}

/** Nodes in the order of the drawing, and in the place of each card those inside of it that are known; a card without such keeps its own. */
export function opened(order: readonly string[], known: readonly string[]): string[] {
  const drawn = new Set(order);
  return order.flatMap((id) => {
    const inner = known.includes(id) ? [] : known.filter((one) => one.startsWith(`${id}.`) && !drawn.has(one));
    return inner.length > 0 ? inner : [id];
  });
}

/**
 * The node runs by name, and for each sub-workflow the one of its inner nodes (`card.node`) that stands for it: one that failed, else one at work, else the last.
 * It keeps its own name, so that its figures and log can be asked for.
 */
export function withCards(runs: readonly NodeRun[], nodes: readonly DrawnNode[]): [string, NodeRun][] {
  const named = runs.map((run): [string, NodeRun] => [run.node, run]);
  const cards = nodes.filter((node) => node.type === "sub_workflow");
  return [...named, ...cards.flatMap((card) => standing(card.id, runs))];
}

function standing(card: string, runs: readonly NodeRun[]): [string, NodeRun][] {
  const inner = runs.filter((run) => run.node.startsWith(`${card}.`));
  const worst = Math.min(...inner.map((run) => ORDER.indexOf(run.status)));
  const found = inner.filter((run) => run.status === ORDER[worst]).toSorted((a, b) => (a.finished_at ?? "").localeCompare(b.finished_at ?? "")).at(-1);
  if (!found) return [];
  const begun = found.status === "queued" && inner.some((run) => run.started_at !== null);
  // The rows at its ports are those of an inner node, not of the card.
  return [[card, { ...found, status: begun ? "running" : found.status, rows_by_port: {} }]];
}
