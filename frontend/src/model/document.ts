import { t } from "../strings";
import type { Connection, DrawnNode, NodeType, Workflow } from "./types";

/** Pure edits of a workflow document; each gives a new document. */

export const emptyWorkflow = (name: string = t.canvas.untitled): Workflow => ({ name, description: "", nodes: [], connections: [] });

/** A free id that reads like its type: `evaluate`, then `evaluate_2`. */
export function freeId(taken: ReadonlySet<string>, type: string): string {
  const base = type.replaceAll(/[^A-Za-z0-9_.-]/g, "_").replace(/^[.-]/, "_").slice(0, 70);
  if (!taken.has(base)) return base;
  let count = 2;
  while (taken.has(`${base}_${count}`)) count += 1;
  return `${base}_${count}`;
}

export function addNode(workflow: Workflow, type: NodeType, position: { x: number; y: number }): { workflow: Workflow; id: string } {
  const id = freeId(new Set(workflow.nodes.map((one) => one.id)), type.type);
  const node: DrawnNode = { id, type: type.type, position, data: { label: type.title, params: {} } };
  return { workflow: { ...workflow, nodes: [...workflow.nodes, node] }, id };
}

const same = (a: Connection, b: Connection) =>
  a.source === b.source && a.target === b.target && (a.sourceHandle ?? null) === (b.sourceHandle ?? null) && (a.targetHandle ?? null) === (b.targetHandle ?? null);

export function connect(workflow: Workflow, added: Connection): Workflow {
  if (workflow.connections.some((one) => same(one, added))) return workflow;
  return { ...workflow, connections: [...workflow.connections, added] };
}

export function withoutConnections(workflow: Workflow, indices: ReadonlySet<number>): Workflow {
  return { ...workflow, connections: workflow.connections.filter((_, index) => !indices.has(index)) };
}

export function updateNode(workflow: Workflow, id: string, change: (node: DrawnNode) => DrawnNode): Workflow {
  return { ...workflow, nodes: workflow.nodes.map((node) => (node.id === id ? change(node) : node)) };
}

export const rename = (workflow: Workflow, id: string, label: string): Workflow => updateNode(workflow, id, (node) => ({ ...node, data: { ...node.data, label } }));

/** Set a param; undefined takes it back to the node type's default. */
export function setParam(workflow: Workflow, id: string, name: string, value: unknown): Workflow {
  return updateNode(workflow, id, (node) => {
    const params = { ...node.data.params };
    if (value === undefined) delete params[name];
    else params[name] = value;
    return { ...node, data: { ...node.data, params } };
  });
}
