import { wires } from "./connect";
import { nodeOf, titleOf } from "./lookup";
import type { NodeTypes, Workflow } from "./types";

const SHOWN = 2;
const OPEN = new Set(["queued", "running"]);

/** For every node that waits: the names of the nodes before it that are not done, at most two, and how many more. Pure. */
export function waiting(document: Workflow, types: NodeTypes, status: (node: string) => string | undefined): Map<string, { names: string[]; more: number }> {
  const found = new Map<string, string[]>();
  for (const { source, target } of wires(document, types)) {
    if (status(target) !== "queued" || !OPEN.has(status(source) ?? "")) continue;
    const node = nodeOf(document, source);
    if (node) found.set(target, [...new Set([...(found.get(target) ?? []), titleOf(node, types)])]);
  }
  return new Map([...found].map(([node, names]) => [node, { names: names.slice(0, SHOWN), more: Math.max(0, names.length - SHOWN) }]));
}
