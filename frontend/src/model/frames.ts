import { freeId } from "./document";
import { NODE_HEIGHT, NODE_WIDTH, type Point } from "./layout";
import { nodeOf } from "./lookup";
import type { Group, Note, NodeTypes, Workflow } from "./types";

/**
 * Notes and groups: for the eye only. On the canvas they are chosen under keys of their own, `note:ID` and `group:ID`; a colon is in no node's id.
 */
export const noteKey = (id: string): string => `note:${id}`;
export const groupKey = (id: string): string => `group:${id}`;
export const keyParts = (key: string): { kind: "node" | "note" | "group"; id: string } => {
  const at = key.indexOf(":");
  return at < 0 ? { kind: "node", id: key } : { kind: key.slice(0, at) as "note" | "group", id: key.slice(at + 1) };
};

const NOTE = { width: 220, height: 120 };
const PAD = { x: 18, top: 40, bottom: 18 };
const PORT_ROW = 24;
const CARD_REST = 92;

export function addNote(workflow: Workflow, position: Point): { workflow: Workflow; id: string } {
  const notes = workflow.notes ?? [];
  const id = freeId(new Set(notes.map((note) => note.id)), "note");
  return { workflow: { ...workflow, notes: [...notes, { id, text: "", position, ...NOTE }] }, id };
}

export function updateNote(workflow: Workflow, id: string, change: Partial<Note>): Workflow {
  return { ...workflow, notes: (workflow.notes ?? []).map((note) => (note.id === id ? { ...note, ...change } : note)) };
}

/** Put nodes into a new group; a node is in one group at most. */
export function groupNodes(workflow: Workflow, ids: ReadonlySet<string>, label: string): { workflow: Workflow; id: string } {
  const members = workflow.nodes.filter((node) => ids.has(node.id)).map((node) => node.id);
  const others = leaving(workflow.groups ?? [], new Set(members));
  const id = freeId(new Set((workflow.groups ?? []).map((group) => group.id)), "group");
  return { workflow: { ...workflow, groups: [...others, { id, label, nodes: members }] }, id };
}

export function renameGroup(workflow: Workflow, id: string, label: string): Workflow {
  return { ...workflow, groups: (workflow.groups ?? []).map((group) => (group.id === id ? { ...group, label } : group)) };
}

/** The drawing without these groups, and without the groups these nodes are in; the nodes stay. */
export function ungroup(workflow: Workflow, keys: ReadonlySet<string>): Workflow {
  const stays = (group: Group) => !keys.has(groupKey(group.id)) && !group.nodes.some((id) => keys.has(id));
  return tidied({ ...workflow, groups: (workflow.groups ?? []).filter(stays) });
}

/** Take what was chosen off the canvas: nodes with their connections, notes, and of a group only its frame. */
export function withoutChosen(workflow: Workflow, keys: ReadonlySet<string>): Workflow {
  return tidied({
    ...workflow,
    nodes: workflow.nodes.filter((node) => !keys.has(node.id)),
    connections: workflow.connections.filter((one) => !keys.has(one.source) && !keys.has(one.target)),
    notes: (workflow.notes ?? []).filter((note) => !keys.has(noteKey(note.id))),
    groups: leaving(workflow.groups ?? [], keys).filter((group) => !keys.has(groupKey(group.id))),
  });
}

const leaving = (groups: Group[], ids: ReadonlySet<string>): Group[] =>
  groups.map((group) => (group.nodes.some((id) => ids.has(id)) ? { ...group, nodes: group.nodes.filter((id) => !ids.has(id)) } : group)).filter((group) => group.nodes.length > 0);

/** Empty lists are left out, so that a drawing without notes and groups keeps the plain shape. */
export function tidied(workflow: Workflow): Workflow {
  const { notes, groups, ...plain } = workflow;
  return { ...plain, ...(notes?.length ? { notes } : {}), ...(groups?.length ? { groups } : {}) };
}

/** Switch nodes off or, where all of them are off, on again. */
export function toggle(workflow: Workflow, ids: ReadonlySet<string>): Workflow {
  const chosen = workflow.nodes.filter((node) => ids.has(node.id));
  const off = chosen.some((node) => !node.data.disabled);
  const nodes = workflow.nodes.map((node) => {
    if (!ids.has(node.id)) return node;
    const { disabled: _, ...data } = node.data;
    return { ...node, data: off ? { ...data, disabled: true } : data };
  });
  return { ...workflow, nodes };
}

export interface Box extends Point {
  width: number;
  height: number;
}

/** The frame of a group, drawn around its nodes; null where none of them is there. */
export function frameOf(workflow: Workflow, types: NodeTypes, group: Group): Box | null {
  const members = group.nodes.flatMap((id) => nodeOf(workflow, id) ?? []);
  if (members.length === 0) return null;
  const x = Math.min(...members.map((node) => node.position.x)) - PAD.x;
  const y = Math.min(...members.map((node) => node.position.y)) - PAD.top;
  const right = Math.max(...members.map((node) => node.position.x)) + NODE_WIDTH + PAD.x;
  const bottom = Math.max(...members.map((node) => node.position.y + cardHeight(types, node.type))) + PAD.bottom;
  return { x, y, width: right - x, height: bottom - y };
}

/** About how high a card is: it grows with its ports. */
function cardHeight(types: NodeTypes, type: string): number {
  const { inputs = [], outputs = [] } = types[type] ?? {};
  return Math.max(NODE_HEIGHT, CARD_REST + PORT_ROW * Math.max(inputs.length, outputs.length));
}

/** Move what was dragged: nodes and notes to where they lie now, and with a frame all that is in it. */
export function moved(workflow: Workflow, types: NodeTypes, places: ReadonlyMap<string, Point>): Workflow {
  const shifts = new Map<string, Point>();
  for (const group of workflow.groups ?? []) {
    const to = places.get(groupKey(group.id));
    const frame = to && frameOf(workflow, types, group);
    if (to && frame) for (const id of group.nodes) if (!places.has(id)) shifts.set(id, { x: to.x - frame.x, y: to.y - frame.y });
  }
  const nodes = workflow.nodes.map((node) => {
    const to = places.get(node.id);
    const by = shifts.get(node.id);
    if (to) return { ...node, position: to };
    return by ? { ...node, position: { x: node.position.x + by.x, y: node.position.y + by.y } } : node;
  });
  const notes = workflow.notes?.map((note) => ({ ...note, position: places.get(noteKey(note.id)) ?? note.position }));
  return { ...workflow, nodes, ...(notes ? { notes } : {}) };
}
