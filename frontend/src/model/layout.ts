import type { Workflow } from "./types";

export const NODE_WIDTH = 232;
export const NODE_HEIGHT = 116;
/** From here on the layout is worked out beside the page, which stays alive meanwhile. */
export const IN_WORKER_FROM = 300;

export interface Point {
  x: number;
  y: number;
}

/** What the layout has to know: sizes are the same for all, groups keep their nodes together. */
export interface LayoutOrder {
  nodes: string[];
  edges: [string, string][];
  groups: [string, string[]][];
}

export type Places = Record<string, Point>;

/** Place the nodes from left to right along their connections; with a selection, only those, around where they lie. */
export async function tidy(workflow: Workflow, only: ReadonlySet<string> = new Set()): Promise<Workflow> {
  const chosen = workflow.nodes.filter((node) => only.has(node.id));
  const some = chosen.length > 1 ? chosen : workflow.nodes;
  const ids = new Set(some.map((node) => node.id));
  const order: LayoutOrder = {
    nodes: [...ids],
    edges: workflow.connections.flatMap((one): [string, string][] => (ids.has(one.source) && ids.has(one.target) ? [[one.source, one.target]] : [])),
    groups: (workflow.groups ?? []).map((group) => [group.id, group.nodes.filter((id) => ids.has(id))]),
  };
  const places = await placed(order);
  const partial = some.length < workflow.nodes.length;
  const from = partial ? least(some.map((node) => node.position)) : { x: 0, y: 0 };
  const laid = partial ? least(Object.values(places)) : { x: 0, y: 0 };
  const nodes = workflow.nodes.map((node) => {
    const place = places[node.id];
    return place ? { ...node, position: { x: Math.round(place.x - laid.x + from.x), y: Math.round(place.y - laid.y + from.y) } } : node;
  });
  return { ...workflow, nodes };
}

/** The layout library is loaded when it is first needed, and runs in a worker where the drawing is large. */
async function placed(order: LayoutOrder): Promise<Places> {
  const { lay } = await import("./lay");
  if (order.nodes.length < IN_WORKER_FROM || typeof Worker === "undefined") return lay(order);
  const worker = new Worker(new URL("./lay.worker.ts", import.meta.url), { type: "module" });
  try {
    return await new Promise<Places>((resolve, reject) => {
      worker.addEventListener("message", (event: MessageEvent<Places>) => resolve(event.data));
      worker.addEventListener("error", (event) => reject(new Error(event.message)));
      worker.postMessage(order);
    });
  } finally {
    worker.terminate();
  }
}

const least = (points: Point[]): Point => ({
  x: points.reduce((low, one) => Math.min(low, one.x), Infinity),
  y: points.reduce((low, one) => Math.min(low, one.y), Infinity),
});
