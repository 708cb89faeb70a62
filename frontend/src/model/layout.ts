import type { Workflow } from "./types";

export const NODE_WIDTH = 232;
export const NODE_HEIGHT = 116;

/** Place the nodes from left to right along their connections; with a selection, only those, around where they lie. The layout library is loaded when it is first needed. */
export async function tidy(workflow: Workflow, only: ReadonlySet<string> = new Set()): Promise<Workflow> {
  const { default: dagre } = await import("@dagrejs/dagre");
  const some = only.size > 1 ? only : new Set(workflow.nodes.map((node) => node.id));
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 40, ranksep: 56 });
  graph.setDefaultEdgeLabel(() => ({}));
  const chosen = workflow.nodes.filter((node) => some.has(node.id));
  for (const node of chosen) graph.setNode(node.id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const one of workflow.connections) if (some.has(one.source) && some.has(one.target)) graph.setEdge(one.source, one.target);
  dagre.layout(graph);
  const places = new Map(chosen.map((node) => [node.id, corner(graph.node(node.id))]));
  const partial = some.size < workflow.nodes.length;
  const from = partial ? least(chosen.map((node) => node.position)) : { x: 0, y: 0 };
  const laid = partial ? least([...places.values()]) : { x: 0, y: 0 };
  const nodes = workflow.nodes.map((node) => {
    const place = places.get(node.id);
    return place ? { ...node, position: { x: Math.round(place.x - laid.x + from.x), y: Math.round(place.y - laid.y + from.y) } } : node;
  });
  return { ...workflow, nodes };
}

interface Point {
  x: number;
  y: number;
}

const corner = ({ x, y }: Point): Point => ({ x: x - NODE_WIDTH / 2, y: y - NODE_HEIGHT / 2 });

const least = (points: Point[]): Point => ({ x: Math.min(...points.map((one) => one.x)), y: Math.min(...points.map((one) => one.y)) });
