import type { Connection, DrawnNode, Group, Note, Workflow } from "./types";

/**
 * A drawing as a set of facts, each under a path: what merging and comparing work on.
 *
 *   name · description
 *   node/ID            its type        node/ID/label · /position · /disabled · /param/NAME
 *   wire/S.OUT>T.IN    a connection
 *   note/ID            its text        note/ID/box
 *   group/ID           its label       group/ID/node/NODE
 */
export type Facts = Map<string, unknown>;

/** A path of parts; a part may hold any character. */
const path = (...parts: string[]): string => parts.map(encodeURIComponent).join("/");
export const partsOf = (fact: string): string[] => fact.split("/").map(decodeURIComponent);

export const wireKey = (one: Connection): string => JSON.stringify([one.source, one.sourceHandle ?? null, one.target, one.targetHandle ?? null]);

export function factsOf(workflow: Workflow): Facts {
  const facts: Facts = new Map<string, unknown>([
    ["name", workflow.name],
    ["description", workflow.description],
  ]);
  for (const node of workflow.nodes) {
    facts.set(path("node", node.id), node.type);
    facts.set(path("node", node.id, "position"), node.position);
    if (node.data.label) facts.set(path("node", node.id, "label"), node.data.label);
    if (node.data.disabled) facts.set(path("node", node.id, "disabled"), true);
    for (const [name, value] of Object.entries(node.data.params)) facts.set(path("node", node.id, "param", name), value);
  }
  for (const one of workflow.connections) facts.set(path("wire", wireKey(one)), true);
  for (const { id, text, ...box } of workflow.notes ?? []) {
    facts.set(path("note", id), text);
    facts.set(path("note", id, "box"), box);
  }
  for (const group of workflow.groups ?? []) {
    facts.set(path("group", group.id), group.label);
    for (const node of group.nodes) facts.set(path("group", group.id, "node", node), true);
  }
  return facts;
}

/** The drawing that the facts tell of. Facts about a node, note or group that is not there are left out, and so is a connection to nowhere. */
export function drawingOf(facts: Facts): Workflow {
  const nodes = new Map<string, DrawnNode>();
  const notes = new Map<string, Note>();
  const groups = new Map<string, Group>();
  for (const [fact, value] of facts) {
    const [kind, id, ...rest] = partsOf(fact);
    if (id === undefined || rest.length) continue;
    if (kind === "node") nodes.set(id, { id, type: String(value), position: { x: 0, y: 0 }, data: { label: "", params: {} } });
    if (kind === "note") notes.set(id, { id, text: String(value), position: { x: 0, y: 0 }, width: 220, height: 120 });
    if (kind === "group") groups.set(id, { id, label: String(value), nodes: [] });
  }
  for (const [fact, value] of facts) {
    const [kind, id = "", what, name = ""] = partsOf(fact);
    const node = kind === "node" ? nodes.get(id) : undefined;
    if (node && what === "position") node.position = value as DrawnNode["position"];
    if (node && what === "label") node.data.label = String(value);
    if (node && what === "disabled") node.data.disabled = true;
    // Defined, not assigned: a param may be called `__proto__`.
    if (node && what === "param") Object.defineProperty(node.data.params, name, { value, enumerable: true, writable: true, configurable: true });
    if (kind === "note" && what === "box") Object.assign(notes.get(id) ?? {}, value);
    if (kind === "group" && what === "node" && nodes.has(name)) groups.get(id)?.nodes.push(name);
  }
  const connections = [...facts.keys()].flatMap((fact) => wireOfFact(fact) ?? []).filter((one) => nodes.has(one.source) && nodes.has(one.target));
  return {
    name: String(facts.get("name") ?? ""),
    description: String(facts.get("description") ?? ""),
    nodes: [...nodes.values()],
    connections,
    ...(notes.size ? { notes: [...notes.values()] } : {}),
    ...(groups.size ? { groups: [...groups.values()] } : {}),
  };
}

/** The connection a fact speaks of. */
export function wireOfFact(fact: string): Connection | null {
  const [kind, key] = partsOf(fact);
  if (kind !== "wire" || key === undefined) return null;
  const [source, sourceHandle, target, targetHandle] = JSON.parse(key) as [string, string | null, string, string | null];
  return { source, target, ...(sourceHandle === null ? {} : { sourceHandle }), ...(targetHandle === null ? {} : { targetHandle }) };
}

/** Two values that read the same, whatever the order of their keys. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  return keys.length === others.length && keys.every((key) => Object.hasOwn(b, key) && equal((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
}
