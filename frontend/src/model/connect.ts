import { t } from "../strings";
import { nodeOf as node } from "./lookup";
import type { Connection, NodeTypes, Port, Workflow } from "./types";

/** A connection with both ends and both ports. */
export interface Wire {
  source: string;
  sourceHandle: string;
  target: string;
  targetHandle: string;
}

function port(ports: Port[] | undefined, name: string): Port | undefined {
  return ports?.find((one) => one.name === name);
}

/** The role of the rows that leave a port, followed upstream where it is "same". */
export function roleOf(workflow: Workflow, types: NodeTypes, id: string, handle: string, seen = new Set<string>()): string | null {
  const one = node(workflow, id);
  const type = one && types[one.type];
  const out = port(type?.outputs, handle);
  if (!type || !out || out.kind !== "table") return null;
  if (out.role !== "same" || seen.has(id)) return out.role;
  const fed = wires(workflow, types).find((wire) => wire.target === id && port(type.inputs, wire.targetHandle)?.kind === "table");
  return fed ? roleOf(workflow, types, fed.source, fed.sourceHandle, new Set([...seen, id])) : "all";
}

/** Why two ports may not be joined, or null where they may. */
export function refusal(workflow: Workflow, types: NodeTypes, wire: Wire): string | null {
  if (wire.source === wire.target) return t.connect.self;
  const from = node(workflow, wire.source);
  const to = node(workflow, wire.target);
  const out = port(from && types[from.type]?.outputs, wire.sourceHandle);
  const into = port(to && types[to.type]?.inputs, wire.targetHandle);
  if (!out || !into) return t.connect.noPort;
  if (out.kind !== into.kind && out.kind !== "any" && into.kind !== "any") return t.connect.kind(into.kind, out.kind);
  if (into.role === "train" && roleOf(workflow, types, wire.source, wire.sourceHandle) === "test") return t.connect.leak;
  if (wires(workflow, types).some((one) => one.target === wire.target && one.targetHandle === wire.targetHandle)) return t.connect.occupied;
  if (reaches(workflow, wire.target, wire.source)) return t.connect.cycle;
  return null;
}

function reaches(workflow: Workflow, from: string, to: string): boolean {
  const queue = [from];
  const seen = new Set<string>();
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (id === to) return true;
    if (seen.has(id)) continue;
    seen.add(id);
    queue.push(...workflow.connections.filter((one) => one.source === id).map((one) => one.target));
  }
  return false;
}

/**
 * Every connection with its ports filled in, for drawing: a handle that was left out is the first port that fits by kind and role.
 * The server's check is the judge; this only decides where a line is drawn.
 */
export function wires(workflow: Workflow, types: NodeTypes): Wire[] {
  return drawnOf(workflow, types).wires;
}

const NONE: readonly Wire[] = [];

/** Those that end at a node, from an index that is made once for each document. */
export function wiresInto(workflow: Workflow, types: NodeTypes, node: string): readonly Wire[] {
  const known = drawnOf(workflow, types);
  known.into ??= grouped(known.wires);
  return known.into.get(node) ?? NONE;
}

interface Drawn {
  types: NodeTypes;
  wires: Wire[];
  into?: Map<string, Wire[]>;
}

const drawn = new WeakMap<Workflow, Drawn>();

function drawnOf(workflow: Workflow, types: NodeTypes): Drawn {
  const known = drawn.get(workflow);
  if (known?.types === types) return known;
  const made: Drawn = { types, wires: workflow.connections.flatMap((one) => wireOf(workflow, types, one) ?? []) };
  drawn.set(workflow, made);
  return made;
}

function grouped(found: readonly Wire[]): Map<string, Wire[]> {
  const into = new Map<string, Wire[]>();
  for (const wire of found) {
    const together = into.get(wire.target);
    if (together) together.push(wire);
    else into.set(wire.target, [wire]);
  }
  return into;
}

/** One connection with its ports filled in; null where no pair fits. */
export function wireOf(workflow: Workflow, types: NodeTypes, one: Connection): Wire | null {
  const outputs = types[node(workflow, one.source)?.type ?? ""]?.outputs ?? [];
  const inputs = types[node(workflow, one.target)?.type ?? ""]?.inputs ?? [];
  for (const out of outputs.filter((port) => !one.sourceHandle || port.name === one.sourceHandle)) {
    for (const into of inputs.filter((port) => !one.targetHandle || port.name === one.targetHandle)) {
      const explicit = Boolean(one.sourceHandle);
      const kinds = out.kind === into.kind || out.kind === "any" || into.kind === "any";
      const roles = explicit || !((into.role === "train" && (out.role === "test" || out.role === "validation")) || (into.role === "test" && out.role !== "test"));
      if (kinds && roles) return { source: one.source, sourceHandle: out.name, target: one.target, targetHandle: into.name };
    }
  }
  return null;
}

/** Of the optional inputs of one kind that nothing feeds, all but the first: a card shows them only when a line may go there. */
export function spare(inputs: readonly Port[], feeds: (port: string) => boolean): string[] {
  const free = inputs.filter((one) => one.required === false && !feeds(one.name));
  return free.filter((one) => free.find((first) => first.kind === one.kind) !== one).map((one) => one.name);
}

/** Wires that may start at a node, for connecting by keyboard. */
export function options(workflow: Workflow, types: NodeTypes, source: string): Wire[] {
  const from = node(workflow, source);
  return (types[from?.type ?? ""]?.outputs ?? []).flatMap((out) =>
    workflow.nodes.flatMap((to) =>
      (types[to.type]?.inputs ?? [])
        .map((into) => ({ source, sourceHandle: out.name, target: to.id, targetHandle: into.name }))
        .filter((wire) => refusal(workflow, types, wire) === null),
    ),
  );
}
