import dagre from "@dagrejs/dagre";
import { type LayoutOrder, NODE_HEIGHT, NODE_WIDTH, type Places } from "./layout";
import { byName } from "./record";

const FRAME = 44;

/** Corners of the cards, laid out from left to right. */
export function lay({ nodes, edges, groups }: LayoutOrder): Places {
  const framed = groups.filter(([, members]) => members.length > 0);
  const graph = new dagre.graphlib.Graph({ compound: framed.length > 0 });
  graph.setGraph({ rankdir: "LR", nodesep: 40, ranksep: framed.length ? FRAME * 2 : 56 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of nodes) graph.setNode(id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const [source, target] of edges) graph.setEdge(source, target);
  for (const [id, members] of framed) {
    // A colon is in no node's id.
    graph.setNode(`group:${id}`, {});
    for (const member of members) graph.setParent(member, `group:${id}`);
  }
  dagre.layout(graph);
  return byName(
    nodes.map((id) => {
      const { x, y } = graph.node(id) as { x: number; y: number };
      return [id, { x: x - NODE_WIDTH / 2, y: y - NODE_HEIGHT / 2 }];
    }),
  );
}
