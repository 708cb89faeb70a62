import type { Workflow } from "./types";

type Axis = "x" | "y";

/** Put the chosen nodes on one line: `x` makes a column, `y` makes a row. Cards have one width, so the left edges stand for all edges. */
export function align(workflow: Workflow, chosen: ReadonlySet<string>, axis: Axis): Workflow {
  const line = Math.min(...workflow.nodes.filter((node) => chosen.has(node.id)).map((node) => node.position[axis]));
  return moved(workflow, (id) => (chosen.has(id) ? line : undefined), axis);
}

/** The same distance between neighbours; the outermost two stay where they are. */
export function distribute(workflow: Workflow, chosen: ReadonlySet<string>, axis: Axis): Workflow {
  const row = workflow.nodes.filter((node) => chosen.has(node.id)).sort((a, b) => a.position[axis] - b.position[axis]);
  const first = row[0]?.position[axis] ?? 0;
  const step = ((row.at(-1)?.position[axis] ?? 0) - first) / Math.max(1, row.length - 1);
  const places = new Map(row.map((node, index) => [node.id, Math.round(first + index * step)]));
  return moved(workflow, (id) => places.get(id), axis);
}

function moved(workflow: Workflow, place: (id: string) => number | undefined, axis: Axis): Workflow {
  const nodes = workflow.nodes.map((node) => {
    const to = place(node.id);
    return to === undefined || to === node.position[axis] ? node : { ...node, position: { ...node.position, [axis]: to } };
  });
  return nodes.some((node, index) => node !== workflow.nodes[index]) ? { ...workflow, nodes } : workflow;
}
