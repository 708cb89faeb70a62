import { type Wire, wires } from "./connect";
import type { DrawnNode, NodeTypes, Workflow } from "./types";

/** A node of the drawing as a line of text: what feeds it and what it feeds. */
export interface OutlineItem {
  node: DrawnNode;
  from: Wire[];
  to: Wire[];
}

/** The drawing as a list: every node after those that feed it, otherwise from left to right. What lies in a circle comes last. */
export function outline(workflow: Workflow, types: NodeTypes): OutlineItem[] {
  const all = wires(workflow, types);
  const from = grouped(all, (wire) => wire.target);
  const to = grouped(all, (wire) => wire.source);
  const left = [...workflow.nodes].sort((a, b) => a.position.x - b.position.x || a.position.y - b.position.y);
  const open = new Map(left.map((node) => [node.id, new Set((from.get(node.id) ?? []).map((wire) => wire.source))]));
  const ready = left.filter((node) => open.get(node.id)?.size === 0);
  const byId = new Map(left.map((node) => [node.id, node]));
  const found: DrawnNode[] = [];
  for (let next = ready.shift(); next; next = ready.shift()) {
    found.push(next);
    const { id } = next;
    for (const target of new Set((to.get(id) ?? []).map((wire) => wire.target))) {
      const waits = open.get(target);
      if (waits?.delete(id) && waits.size === 0) ready.push(byId.get(target) as DrawnNode);
    }
  }
  const placed = new Set(found.map((node) => node.id));
  return [...found, ...left.filter((node) => !placed.has(node.id))].map((node) => ({ node, from: from.get(node.id) ?? [], to: to.get(node.id) ?? [] }));
}

function grouped(all: Wire[], key: (wire: Wire) => string): Map<string, Wire[]> {
  const found = new Map<string, Wire[]>();
  for (const wire of all) {
    const known = found.get(key(wire));
    if (known) known.push(wire);
    else found.set(key(wire), [wire]);
  }
  return found;
}
