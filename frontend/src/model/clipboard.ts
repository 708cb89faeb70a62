import { t } from "../strings";
import { freeId } from "./document";
import { groupKey, noteKey, tidied } from "./frames";
import { type Drawn, isObject, MAX_BYTES, parseJson, readParts } from "./read";
import type { Workflow } from "./types";

const MARK = "flowza-nodes";
const ASIDE = { x: 40, y: 60 };

/** What was chosen, with the connections between the nodes; a group comes along where all of its nodes do. */
function chosen(workflow: Workflow, keys: ReadonlySet<string>): Drawn {
  const groups = (workflow.groups ?? []).filter((group) => keys.has(groupKey(group.id)) || group.nodes.every((id) => keys.has(id)));
  const ids = new Set([...keys, ...groups.flatMap((group) => group.nodes)]);
  const notes = (workflow.notes ?? []).filter((note) => keys.has(noteKey(note.id)));
  const nodes = workflow.nodes.filter((node) => ids.has(node.id));
  const connections = workflow.connections.filter((one) => ids.has(one.source) && ids.has(one.target));
  return { nodes, connections, ...(notes.length ? { notes } : {}), ...(groups.length ? { groups } : {}) };
}

/** What was chosen, as text that can be pasted into another tab, another workflow, or a chat. */
export function copyText(workflow: Workflow, ids: ReadonlySet<string>): string {
  return JSON.stringify({ [MARK]: 1, ...chosen(workflow, ids) }, null, 1);
}

export type Pasted = { workflow: Workflow; ids: Set<string>; notes: string[] } | { problem: string };

/** Paste what `copyText` gave, or a whole workflow: new ids, a little aside. Any other text changes nothing and is answered with a sentence. */
export function paste(workflow: Workflow, text: string): Pasted {
  if (text.length > MAX_BYTES) return { problem: t.transfer.tooLarge(Math.round(text.length / 2 ** 20), MAX_BYTES / 2 ** 20) };
  if (!text.trimStart().startsWith("{")) return { problem: text.trim() ? t.transfer.foreign : t.transfer.emptyClipboard };
  const parsed = parseJson(text);
  if ("problem" in parsed) return parsed;
  const found = parsed.value;
  if (!isObject(found) || !Array.isArray(found.nodes) || !Array.isArray(found.connections)) return { problem: t.transfer.foreign };
  const read = readParts(found.nodes, found.connections, found.notes, found.groups);
  if ("problem" in read) return read;
  return { ...insert(workflow, read.parts), notes: read.notes };
}

/** What was chosen once more. */
export function duplicate(workflow: Workflow, ids: ReadonlySet<string>): { workflow: Workflow; ids: Set<string> } {
  return insert(workflow, chosen(workflow, ids));
}

function insert(workflow: Workflow, { nodes, connections, notes = [], groups = [] }: Drawn): { workflow: Workflow; ids: Set<string> } {
  const ids = renamed(nodes.map((node) => [node.id, node.type]), workflow.nodes);
  const noteIds = renamed(notes.map((note) => [note.id, "note"]), workflow.notes);
  const groupIds = renamed(groups.map((group) => [group.id, "group"]), workflow.groups);
  const at = (id: string) => ids.get(id) ?? id;
  const aside = <P extends { position: { x: number; y: number } }>(one: P): P => ({ ...one, position: { x: one.position.x + ASIDE.x, y: one.position.y + ASIDE.y } });
  const next = tidied({
    ...workflow,
    nodes: [...workflow.nodes, ...nodes.map((node) => aside({ ...node, id: at(node.id) }))],
    connections: [...workflow.connections, ...connections.map((one) => ({ ...one, source: at(one.source), target: at(one.target) }))],
    notes: [...(workflow.notes ?? []), ...notes.map((note) => aside({ ...note, id: noteIds.get(note.id) ?? note.id }))],
    groups: [...(workflow.groups ?? []), ...groups.map((group) => ({ ...group, id: groupIds.get(group.id) ?? group.id, nodes: group.nodes.map(at) }))],
  });
  return { workflow: next, ids: new Set([...ids.values(), ...[...noteIds.values()].map(noteKey)]) };
}

/** A free id for each, from what it is. */
function renamed(added: [string, string][], known: readonly { id: string }[] = []): Map<string, string> {
  const taken = new Set(known.map((one) => one.id));
  return new Map(
    added.map(([id, type]) => {
      const free = freeId(taken, type);
      taken.add(free);
      return [id, free];
    }),
  );
}
