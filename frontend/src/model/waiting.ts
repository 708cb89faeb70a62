import { wiresInto } from "./connect";
import { nodeOf, titleOf } from "./lookup";
import type { NodeTypes, Workflow } from "./types";

/** What a node says while a run waits for a person there. */
export const APPROVAL = "waiting for approval";

const SHOWN = 2;
const OPEN = new Set(["queued", "running"]);

/** The names of the nodes before this one that are not done, at most two, and how many more; undefined where it waits for none. Pure. */
export function waitsFor(document: Workflow, types: NodeTypes, status: (node: string) => string | undefined, node: string): { names: string[]; more: number } | undefined {
  if (status(node) !== "queued") return undefined;
  const before = wiresInto(document, types, node).flatMap(({ source }) => (OPEN.has(status(source) ?? "") ? (nodeOf(document, source) ?? []) : []));
  const names = [...new Set(before.map((one) => titleOf(one, types)))];
  return names.length ? { names: names.slice(0, SHOWN), more: Math.max(0, names.length - SHOWN) } : undefined;
}
