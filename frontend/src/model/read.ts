import { t } from "../strings";
import type { Connection, DrawnNode, Group, Note, Workflow } from "./types";

/** Reading what comes from outside (a file, the clipboard): only what the document's shape knows is kept, and what cannot be read is said in a sentence. */

export const MAX_BYTES = 4 * 2 ** 20;
export const MAX_NODES = 5_000;
export const MAX_CONNECTIONS = 20_000;
const MAX_FRAMES = 1_000;
const MAX_DEPTH = 40;
const ID = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}$/;

export type Read = { document: Workflow; notes: string[] } | { problem: string } | { export: Record<string, unknown> };

/** A workflow from the text of a file. What an export of a whole machine holds is given back as it is: the server reads its drawing. */
export function readDocument(text: string): Read {
  if (text.length > MAX_BYTES) return { problem: t.transfer.tooLarge(Math.round(text.length / 2 ** 20), MAX_BYTES / 2 ** 20) };
  const value = parseJson(text);
  if ("problem" in value) return value;
  const found = value.value;
  if (!isObject(found)) return { problem: t.transfer.notWorkflow };
  if (isObject(found.Resources) || isObject(found.States)) return { export: found };
  const inner = isObject(found.document) && Array.isArray(found.document.nodes) ? found.document : found;
  if (!Array.isArray(inner.nodes) || !Array.isArray(inner.connections)) return { problem: t.transfer.notWorkflow };
  const parts = readParts(inner.nodes, inner.connections, inner.notes, inner.groups);
  if ("problem" in parts) return parts;
  const name = text200(inner.name).trim() || t.canvas.untitled;
  return { document: { name, description: typeof inner.description === "string" ? clean(inner.description).slice(0, 5_000) : "", ...parts.parts }, notes: parts.notes };
}

export function parseJson(text: string): { value: unknown } | { problem: string } {
  if (!text.trim()) return { problem: t.transfer.empty };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (wrong) {
    return { problem: t.transfer.notJson((wrong as Error).message) };
  }
}

export type Drawn = Pick<Workflow, "nodes" | "connections" | "notes" | "groups">;
type Parts = { parts: Drawn; notes: string[] } | { problem: string };

/** What is drawn, each part reduced to what the document's shape knows. Notes and groups that cannot be read are left out. */
export function readParts(nodes: unknown[], connections: unknown[], notes: unknown = [], groups: unknown = []): Parts {
  if (nodes.length > MAX_NODES || connections.length > MAX_CONNECTIONS) return { problem: t.transfer.tooMany(nodes.length, MAX_NODES) };
  const found: DrawnNode[] = [];
  const taken = new Set<string>();
  for (const [index, raw] of nodes.entries()) {
    const node = readNode(raw, index);
    if (!node) return { problem: t.transfer.badNode(index + 1) };
    if (taken.has(node.id)) return { problem: t.transfer.twice(node.id) };
    taken.add(node.id);
    found.push(node);
  }
  const kept = connections.flatMap((one) => readConnection(one, taken) ?? []);
  const lost = connections.length - kept.length;
  const eye = { notes: listed(notes).flatMap((one) => readNote(one) ?? []), groups: listed(groups).flatMap((one) => readGroup(one, taken) ?? []) };
  const parts = { nodes: found, connections: kept, ...(eye.notes.length ? { notes: eye.notes } : {}), ...(eye.groups.length ? { groups: eye.groups } : {}) };
  return { parts, notes: lost ? [t.transfer.lostConnections(lost)] : [] };
}

const listed = (value: unknown): Record<string, unknown>[] => {
  const found = Array.isArray(value) ? value.slice(0, MAX_FRAMES).filter(isObject).filter((one) => typeof one.id === "string" && ID.test(one.id)) : [];
  return [...new Map(found.map((one) => [one.id, one])).values()];
};

function readNote(raw: Record<string, unknown>): Note {
  const position = isObject(raw.position) ? raw.position : {};
  const size = (value: unknown, otherwise: number, least: number) => Math.min(2_000, Math.max(least, coordinate(value, otherwise)));
  const text = typeof raw.text === "string" ? clean(raw.text.slice(0, 5_000)) : "";
  return { id: String(raw.id), text, position: { x: coordinate(position.x, 0), y: coordinate(position.y, 0) }, width: size(raw.width, 220, 80), height: size(raw.height, 120, 40) };
}

function readGroup(raw: Record<string, unknown>, ids: ReadonlySet<string>): Group | null {
  const nodes = Array.isArray(raw.nodes) ? raw.nodes.filter((id): id is string => typeof id === "string" && ids.has(id)) : [];
  return nodes.length ? { id: String(raw.id), label: text200(raw.label), nodes: [...new Set(nodes)] } : null;
}

function readNode(raw: unknown, index: number): DrawnNode | null {
  if (!isObject(raw) || typeof raw.id !== "string" || !ID.test(raw.id) || typeof raw.type !== "string" || !raw.type || raw.type.length > 80) return null;
  const data = isObject(raw.data) ? raw.data : {};
  const params = isObject(data.params) ? data.params : {};
  if (depth(params) > MAX_DEPTH) return null;
  const position = isObject(raw.position) ? raw.position : {};
  const place = { x: coordinate(position.x, (index % 5) * 290), y: coordinate(position.y, Math.floor(index / 5) * 170) };
  return { id: raw.id, type: clean(raw.type), position: place, data: { label: text200(data.label), params: cleaned(params) as Record<string, unknown>, ...(data.disabled === true ? { disabled: true } : {}) } };
}

function readConnection(raw: unknown, ids: ReadonlySet<string>): Connection | null {
  if (!isObject(raw) || typeof raw.source !== "string" || typeof raw.target !== "string" || !ids.has(raw.source) || !ids.has(raw.target)) return null;
  return { source: raw.source, target: raw.target, ...handle("sourceHandle", raw.sourceHandle), ...handle("targetHandle", raw.targetHandle) };
}

const handle = (name: string, value: unknown) => (typeof value === "string" && value && value.length <= 80 ? { [name]: clean(value) } : {});

const coordinate = (value: unknown, otherwise: number): number => (typeof value === "number" && Math.abs(value) < 1e7 ? value : otherwise);

const text200 = (value: unknown): string => (typeof value === "string" ? clean(value.slice(0, 200)) : "");

/** Half a character (a lone surrogate) is no text that a store takes. */
const clean = (text: string): string => text.replaceAll(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, "\uFFFD");

function cleaned(value: unknown): unknown {
  if (typeof value === "string") return clean(value);
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (Array.isArray(value)) return value.map(cleaned);
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, one]) => [clean(name), cleaned(one)])) : value;
}

function depth(value: unknown): number {
  let level: unknown[] = [value];
  let deep = 0;
  while (level.length && deep <= MAX_DEPTH) {
    level = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one) : []));
    deep += 1;
  }
  return deep;
}

export const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
