import type { NodeRun } from "../api/client";
import { t } from "../strings";
import { whyWords } from "./reasons";

export interface Entry {
  /** ISO 8601; null where nothing was executed. */
  at: string | null;
  node: string;
  words: string;
}

/** What a run did, in the order of time: every node as it began, what it wrote, and how it ended. Nodes that were not executed come first. Pure. */
export function journal(nodes: readonly NodeRun[], names: (node: string) => string): Entry[] {
  return nodes.flatMap((node) => entries(node, names)).sort((a, b) => (a.at ?? "").localeCompare(b.at ?? ""));
}

function entries(node: NodeRun, names: (node: string) => string): Entry[] {
  const entry = (at: string | null, words: string): Entry => ({ at, node: names(node.node), words });
  const status = t.status[node.status as keyof typeof t.status] ?? node.status;
  const { started_at: began, finished_at: ended } = node;
  // The log has no times of its own: its lines stand between beginning and end.
  const written = (node.log_tail ?? "").split("\n").filter((line) => line.trim());
  const words = node.error ? String(node.error.message) : (node.summary ?? whyWords(node.reason, names));
  // The log of a failed node often ends with the same sentence.
  const result = t.order.ended(status, written.at(-1)?.includes(words) ? "" : words);
  if (began === null) return [entry(null, result)];
  const last = ended === null ? (node.progress ? [entry(began, node.progress)] : []) : [entry(ended, result)];
  return [entry(began, t.order.began), ...written.map((line) => entry(began, line)), ...last];
}
