import { refusal, roleOf, type Wire } from "./connect";
import { addNode, connect } from "./document";
import { NODE_HEIGHT, NODE_WIDTH } from "./layout";
import { nodeOf } from "./lookup";
import type { NodeType, NodeTypes, Workflow } from "./types";

/** A side of a node to add something at; without a port, at any of that side. */
export interface Place {
  node: string;
  side: "in" | "out";
  port?: string;
}

/** A node type that fits a place, with the ports that would be joined. */
export interface Suggestion {
  type: NodeType;
  mine: string;
  theirs: string;
}

const GAP = 56;

/** Only what fits: every type of which a port may be joined to the place, each with its first such port. */
export function suggestions(workflow: Workflow, types: NodeTypes, place: Place): Suggestion[] {
  const type = types[nodeOf(workflow, place.node)?.type ?? ""];
  const ports = (place.side === "out" ? type?.outputs : type?.inputs) ?? [];
  return ports
    .filter((port) => !place.port || port.name === place.port)
    .flatMap((port) => Object.values(types).flatMap((candidate) => fitting(workflow, types, place, port.name, candidate)))
    .sort((a, b) => groupPlace(a.type.group) - groupPlace(b.type.group));
}

const GROUPS = ["Sources", "Explore", "Rows", "Prepare", "Features", "Models", "Evaluate", "Explain", "Deliver"];

/** Where a group of the catalogue stands: in the order of work, what is new at the end. */
export const groupPlace = (group: string): number => (GROUPS.includes(group) ? GROUPS.indexOf(group) : GROUPS.length);

function fitting(workflow: Workflow, types: NodeTypes, place: Place, mine: string, type: NodeType): Suggestion[] {
  if (type.unknown) return [];
  const added = addNode(workflow, type, { x: 0, y: 0 });
  const theirs = (place.side === "out" ? type.inputs : type.outputs).find((port) => {
    const joined = wire(place, mine, added.id, port.name);
    // Scoring on rows that were learned from is allowed to whoever draws it by hand; it is not offered.
    const learned = port.role === "test" && place.side === "out" && roleOf(added.workflow, types, joined.source, joined.sourceHandle) !== "test";
    return !learned && refusal(added.workflow, types, joined) === null;
  });
  return theirs ? [{ type, mine, theirs: theirs.name }] : [];
}

const wire = (place: Place, mine: string, id: string, theirs: string): Wire =>
  place.side === "out"
    ? { source: place.node, sourceHandle: mine, target: id, targetHandle: theirs }
    : { source: id, sourceHandle: theirs, target: place.node, targetHandle: mine };

/** Add a suggested node beside the place, where nothing lies yet, and connect it: one step. */
export function accept(workflow: Workflow, place: Place, { type, mine, theirs }: Suggestion, at?: { x: number; y: number }): { workflow: Workflow; id: string } {
  const origin = nodeOf(workflow, place.node)?.position ?? { x: 0, y: 0 };
  const aside = (NODE_WIDTH + GAP) * (place.side === "out" ? 1 : -1);
  const added = addNode(workflow, type, at ?? freePlace(workflow, { x: origin.x + aside, y: origin.y }));
  return { workflow: connect(added.workflow, wire(place, mine, added.id, theirs)), id: added.id };
}

/** The first place from here downwards that covers no card. */
export function freePlace(workflow: Workflow, from: { x: number; y: number }): { x: number; y: number } {
  const near = workflow.nodes.filter((node) => Math.abs(node.position.x - from.x) < NODE_WIDTH + 8).map((node) => node.position.y);
  let y = from.y;
  for (let tries = 0; tries < 500 && near.some((taken) => Math.abs(taken - y) < NODE_HEIGHT + 24); tries += 1) y += NODE_HEIGHT / 2;
  return { x: from.x, y };
}
