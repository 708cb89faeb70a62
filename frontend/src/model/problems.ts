import type { Workflow } from "./types";

/** As much of a finding of the check as walking it needs. */
export interface Finding {
  severity?: string;
  code: string;
  message: string;
  node?: string | null;
  field?: string | null;
  hint?: string | null;
}

/** Errors before warnings, each in the order of the drawing from left to right: the order in which people read and F8 walks. */
export function inOrder<T extends Finding>(problems: readonly T[], workflow: Workflow): T[] {
  const place = new Map(workflow.nodes.map((node) => [node.id, node.position.x]));
  const weight = (one: T) => (one.severity === "error" ? 0 : 1);
  const x = (one: T) => place.get(one.node ?? "") ?? -Infinity;
  return [...problems].sort((a, b) => weight(a) - weight(b) || (x(a) === x(b) ? 0 : x(a) - x(b)));
}

/** The next stop of a walk over so many problems, round and round; `at` is null before the first. */
export function step(count: number, at: number | null, by: 1 | -1): number | null {
  if (count === 0) return null;
  if (at === null) return by === 1 ? 0 : count - 1;
  return (((at + by) % count) + count) % count;
}

/** Where in the params a finding lies: `params.test_size` is `test_size`, `params.rules.0.value` is `rules.0.value`. */
export const paramOf = (field: string | null | undefined): string | null => (field?.startsWith("params.") ? field.slice(7) : null);
