import type { Connection, DrawnNode, NodeType, Workflow } from "./types";

/** Pure edits of a workflow document; each gives a new document. */

export const emptyWorkflow = (name = "Untitled workflow"): Workflow => ({ name, description: "", nodes: [], connections: [] });

/** A free id that reads like its type: `evaluate`, then `evaluate_2`. */
export function freeId(workflow: Workflow, type: string): string {
  const taken = new Set(workflow.nodes.map((node) => node.id));
  if (!taken.has(type)) return type;
  let count = 2;
  while (taken.has(`${type}_${count}`)) count += 1;
  return `${type}_${count}`;
}

export function addNode(workflow: Workflow, type: NodeType, position: { x: number; y: number }): { workflow: Workflow; id: string } {
  const id = freeId(workflow, type.type);
  const node: DrawnNode = { id, type: type.type, position, data: { label: type.title, params: {} } };
  return { workflow: { ...workflow, nodes: [...workflow.nodes, node] }, id };
}

export function withoutNodes(workflow: Workflow, ids: ReadonlySet<string>): Workflow {
  return {
    ...workflow,
    nodes: workflow.nodes.filter((node) => !ids.has(node.id)),
    connections: workflow.connections.filter((one) => !ids.has(one.source) && !ids.has(one.target)),
  };
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

/** Set a param; undefined takes it back to the node type's default. */
export function setParam(workflow: Workflow, id: string, name: string, value: unknown): Workflow {
  return updateNode(workflow, id, (node) => {
    const params = { ...node.data.params };
    if (value === undefined) delete params[name];
    else params[name] = value;
    return { ...node, data: { ...node.data, params } };
  });
}

const MARK = "flowza-nodes";

/** The chosen nodes and the connections between them, as text that can be pasted into another tab. */
export function copyText(workflow: Workflow, ids: ReadonlySet<string>): string {
  const nodes = workflow.nodes.filter((node) => ids.has(node.id));
  const connections = workflow.connections.filter((one) => ids.has(one.source) && ids.has(one.target));
  return JSON.stringify({ [MARK]: 1, nodes, connections }, null, 1);
}

/** Paste what `copyText` gave: new ids, a little lower; null for any other text. */
export function paste(workflow: Workflow, text: string): { workflow: Workflow; ids: Set<string> } | null {
  const found = parse(text);
  if (!found) return null;
  let next = workflow;
  const renamed = new Map<string, string>();
  for (const node of found.nodes) {
    const id = freeId(next, node.type);
    renamed.set(node.id, id);
    next = { ...next, nodes: [...next.nodes, { ...node, id, position: { x: node.position.x + 40, y: node.position.y + 60 } }] };
  }
  const connections = found.connections.map((one) => ({ ...one, source: renamed.get(one.source) ?? "", target: renamed.get(one.target) ?? "" }));
  return { workflow: { ...next, connections: [...next.connections, ...connections.filter((one) => one.source && one.target)] }, ids: new Set(renamed.values()) };
}

function parse(text: string): { nodes: DrawnNode[]; connections: Connection[] } | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !(MARK in value)) return null;
    const { nodes, connections } = value as { nodes?: unknown; connections?: unknown };
    return Array.isArray(nodes) && Array.isArray(connections) && nodes.every(isNode) ? { nodes, connections: connections.filter(isConnection) } : null;
  } catch {
    return null;
  }
}

function isNode(value: unknown): value is DrawnNode {
  const node = value as DrawnNode;
  return typeof node?.id === "string" && typeof node.type === "string" && typeof node.position?.x === "number" && typeof node.data?.params === "object";
}

function isConnection(value: unknown): value is Connection {
  const one = value as Connection;
  return typeof one?.source === "string" && typeof one.target === "string";
}
