import { freeId } from "./document";
import { drawingOf, equal, type Facts, factsOf, partsOf, wireOfFact } from "./facts";
import type { Workflow } from "./types";

/** Something that both sides changed, each in its own way. `path` is a fact, or a whole node that one side removed and the other changed. */
export interface Collision {
  path: string;
  base: unknown;
  /** undefined: not there. */
  mine: unknown;
  theirs: unknown;
}

export interface Merged {
  document: Workflow;
  collisions: Collision[];
}

export type Side = "mine" | "theirs";

/**
 * Three drawings into one: what only one side changed is taken from that side, what both changed alike is taken once. What both changed differently is a collision,
 * decided by `choices` and otherwise by mine; where two only moved the same thing, mine holds without a word, because places change no result.
 */
export function merge(base: Workflow, mine: Workflow, theirs: Workflow, choices: Readonly<Record<string, Side>> = {}): Merged {
  const before = factsOf(base);
  const ours = factsOf(apart(base, mine, theirs));
  const others = factsOf(theirs);
  const collisions: Collision[] = [];
  const decide = (path: string, [b, m, t]: [unknown, unknown, unknown]): unknown => {
    collisions.push({ path, base: b, mine: m, theirs: t });
    return choices[path] === "theirs" ? t : m;
  };
  const kept = removals(before, ours, others, decide);
  const merged: Facts = new Map();
  for (const path of new Set([...others.keys(), ...ours.keys()])) {
    const [b, m, t] = [before.get(path), ours.get(path), others.get(path)];
    const side = thingsOf(path).flatMap((thing) => kept.get(thing) ?? [])[0];
    const value = side ? side.get(path) : equal(m, t) || equal(b, t) ? m : equal(b, m) ? t : isPlace(path) ? (m ?? t) : decide(path, [b, m, t]);
    if (value !== undefined) merged.set(path, value);
  }
  return { document: drawingOf(merged), collisions };
}

const isPlace = (path: string): boolean => ["position", "box"].includes(partsOf(path)[2] ?? "");

const nodeFact = (id: string): string => `node/${encodeURIComponent(id)}`;

/** The node, note or group a fact is about; of a connection, the nodes at both ends. */
function thingsOf(path: string): string[] {
  const wire = wireOfFact(path);
  if (wire) return [nodeFact(wire.source), nodeFact(wire.target)];
  const parts = path.split("/");
  return parts.length > 1 ? [`${parts[0]}/${parts[1]}`] : [];
}

/**
 * What one side removed, each with the side that all of it follows. Where the other side changed it meanwhile, the whole thing is one collision.
 */
function removals(before: Facts, mine: Facts, theirs: Facts, decide: (path: string, values: [unknown, unknown, unknown]) => unknown): Map<string, Facts> {
  const about = new Map<string, string[]>();
  for (const path of new Set([...before.keys(), ...mine.keys(), ...theirs.keys()])) {
    if (isPlace(path)) continue;
    for (const thing of thingsOf(path)) {
      const known = about.get(thing);
      if (known) known.push(path);
      else about.set(thing, [path]);
    }
  }
  const kept = new Map<string, Facts>();
  for (const [thing, paths] of about) {
    if (!before.has(thing) || mine.has(thing) === theirs.has(thing)) continue;
    const [alive, without] = mine.has(thing) ? [mine, theirs] : [theirs, mine];
    const changed = paths.some((path) => !equal(before.get(path), alive.get(path)) && !goneWithItsOtherEnd(path, alive));
    const chosen = changed ? decide(thing, [before.get(thing), mine.get(thing), theirs.get(thing)]) : undefined;
    kept.set(thing, chosen === undefined ? without : alive);
  }
  return kept;
}

/** A connection that went because the node at its other end went is no change of this node. */
function goneWithItsOtherEnd(path: string, alive: Facts): boolean {
  const wire = alive.has(path) ? null : wireOfFact(path);
  return wire !== null && ![wire.source, wire.target].every((id) => alive.has(nodeFact(id)));
}

/** Two people who each add a node get the same id: mine takes another one. The same type at the same place is the same node, saved twice. */
function apart(base: Workflow, mine: Workflow, theirs: Workflow): Workflow {
  const known = new Set(base.nodes.map((node) => node.id));
  const others = new Map(theirs.nodes.map((node) => [node.id, node]));
  const taken = new Set([...known, ...others.keys(), ...mine.nodes.map((node) => node.id)]);
  const renamed = new Map<string, string>();
  for (const node of mine.nodes) {
    const other = others.get(node.id);
    if (known.has(node.id) || !other || (other.type === node.type && equal(other.position, node.position))) continue;
    const id = freeId(taken, node.type);
    taken.add(id);
    renamed.set(node.id, id);
  }
  return renamed.size ? withIds(mine, renamed) : mine;
}

function withIds(workflow: Workflow, ids: ReadonlyMap<string, string>): Workflow {
  const at = (id: string) => ids.get(id) ?? id;
  return {
    ...workflow,
    nodes: workflow.nodes.map((node) => ({ ...node, id: at(node.id) })),
    connections: workflow.connections.map((one) => ({ ...one, source: at(one.source), target: at(one.target) })),
    ...(workflow.groups ? { groups: workflow.groups.map((group) => ({ ...group, nodes: group.nodes.map(at) })) } : {}),
  };
}
