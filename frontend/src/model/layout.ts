import dagre from "@dagrejs/dagre";
import type { Workflow } from "./types";

export const NODE_WIDTH = 232;
export const NODE_HEIGHT = 104;

/** Place the nodes from left to right along their connections. */
export function tidy(workflow: Workflow): Workflow {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 36, ranksep: 48 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of workflow.nodes) graph.setNode(node.id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const one of workflow.connections) graph.setEdge(one.source, one.target);
  dagre.layout(graph);
  const nodes = workflow.nodes.map((node) => {
    const place = graph.node(node.id);
    return { ...node, position: { x: Math.round(place.x - NODE_WIDTH / 2), y: Math.round(place.y - NODE_HEIGHT / 2) } };
  });
  return { ...workflow, nodes };
}
