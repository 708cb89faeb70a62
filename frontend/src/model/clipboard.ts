import { t } from "../strings";
import { freeId } from "./document";
import { isObject, MAX_BYTES, parseJson, readParts } from "./read";
import type { Workflow } from "./types";

const MARK = "flowza-nodes";
const ASIDE = { x: 40, y: 60 };

/** The chosen nodes and the connections between them, as text that can be pasted into another tab, another workflow, or a chat. */
export function copyText(workflow: Workflow, ids: ReadonlySet<string>): string {
  const nodes = workflow.nodes.filter((node) => ids.has(node.id));
  const connections = workflow.connections.filter((one) => ids.has(one.source) && ids.has(one.target));
  return JSON.stringify({ [MARK]: 1, nodes, connections }, null, 1);
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
  const read = readParts(found.nodes, found.connections);
  if ("problem" in read) return read;
  return { ...insert(workflow, read.parts), notes: read.notes };
}

/** The chosen nodes once more, with the connections between them. */
export function duplicate(workflow: Workflow, ids: ReadonlySet<string>): { workflow: Workflow; ids: Set<string> } {
  const nodes = workflow.nodes.filter((node) => ids.has(node.id));
  return insert(workflow, { nodes, connections: workflow.connections.filter((one) => ids.has(one.source) && ids.has(one.target)) });
}

function insert(workflow: Workflow, { nodes, connections }: Pick<Workflow, "nodes" | "connections">): { workflow: Workflow; ids: Set<string> } {
  const renamed = new Map<string, string>();
  const taken = new Set(workflow.nodes.map((node) => node.id));
  for (const node of nodes) {
    const id = freeId(taken, node.type);
    taken.add(id);
    renamed.set(node.id, id);
  }
  const at = (id: string) => renamed.get(id) ?? id;
  const added = nodes.map((node) => ({ ...node, id: at(node.id), position: { x: node.position.x + ASIDE.x, y: node.position.y + ASIDE.y } }));
  const joined = connections.map((one) => ({ ...one, source: at(one.source), target: at(one.target) }));
  return { workflow: { ...workflow, nodes: [...workflow.nodes, ...added], connections: [...workflow.connections, ...joined] }, ids: new Set(renamed.values()) };
}
