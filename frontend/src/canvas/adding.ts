import { addNode } from "../model/document";
import { freePlace } from "../model/suggest";
import type { NodeType } from "../model/types";
import { useCanvas } from "./store";

/** Add a node to the right of all, where nothing lies, and choose it: one step. */
export function addAtEnd(type: NodeType): void {
  const { history, edit, select } = useCanvas.getState();
  const { nodes } = history.present;
  const last = nodes.reduce((far, node) => (node.position.x > far.x ? node.position : far), { x: -288, y: 0 });
  const added = addNode(history.present, type, freePlace(history.present, { x: last.x + 288, y: last.y }));
  edit(added.workflow);
  select(new Set([added.id]));
}
