import { connect, setParam } from "./document";
import { wires, type Wire } from "./connect";
import { nodeOf } from "./lookup";
import type { NodeTypes, Workflow } from "./types";

/** A change that mends a problem, as the check writes it (`docs/contracts.md`, section 10). */
export interface Fix {
  kind: "move-before" | "connect" | "set-param";
  node: string;
  before?: string | null;
  port?: string | null;
  source?: string | null;
  source_port?: string | null;
  param?: string | null;
  value?: unknown;
}

/** The drawing after the fix: one step. The drawing itself where the fix does not fit it any more. */
export function mended(workflow: Workflow, types: NodeTypes, fix: Fix): Workflow {
  if (!nodeOf(workflow, fix.node)) return workflow;
  if (fix.kind === "set-param" && fix.param) return setParam(workflow, fix.node, fix.param, fix.value);
  if (fix.kind === "connect" && fix.source && fix.source_port && fix.port) return fedFrom(workflow, types, fix.node, fix.port, fix.source, fix.source_port);
  if (fix.kind === "move-before" && fix.before && fix.port) return movedBefore(workflow, types, fix.node, fix.before, fix.port);
  return workflow;
}

/** Feed a port from there, in place of what feeds it now. */
function fedFrom(workflow: Workflow, types: NodeTypes, target: string, targetHandle: string, source: string, sourceHandle: string): Workflow {
  if (!nodeOf(workflow, source)) return workflow;
  const explicit = spelledOut(workflow, types);
  const connections = explicit.connections.filter((one) => !(one.target === target && one.targetHandle === targetHandle));
  return connect({ ...explicit, connections }, { source, sourceHandle, target, targetHandle });
}

/** Every connection with its ports written down, so that a changed neighbourhood cannot change what it means. */
function spelledOut(workflow: Workflow, types: NodeTypes): Workflow {
  const found = wires(workflow, types);
  return found.length === workflow.connections.length ? { ...workflow, connections: found } : workflow;
}

/** Take a node out of its chain (what fed it feeds what it fed) and put it in front of another. */
function movedBefore(workflow: Workflow, types: NodeTypes, id: string, before: string, port: string): Workflow {
  const drawn = wires(workflow, types);
  const [fed] = drawn.filter((wire) => wire.target === id && wire.targetHandle === port);
  const out = types[nodeOf(workflow, id)?.type ?? ""]?.outputs[0]?.name;
  const entry = (drawn.find((wire) => wire.target === before && isTable(types, workflow, wire)) ?? drawn.find((wire) => wire.target === before)) as Wire | undefined;
  if (!fed || !out || !entry || drawn.length !== workflow.connections.length || entry.source === id) return workflow;
  const connections = drawn.flatMap((wire): Wire[] => {
    if (wire === fed) return [];
    if (wire.source === id) return [{ ...wire, source: fed.source, sourceHandle: fed.sourceHandle }];
    return wire === entry ? [{ ...wire, target: id, targetHandle: port }, { ...wire, source: id, sourceHandle: out }] : [wire];
  });
  return { ...swappedPlaces(workflow, id, before), connections };
}

const isTable = (types: NodeTypes, workflow: Workflow, wire: Wire): boolean =>
  types[nodeOf(workflow, wire.target)?.type ?? ""]?.inputs.find((one) => one.name === wire.targetHandle)?.kind === "table";

/** The node takes the place of the one it now stands before; that one and what lies between move on by one place. */
function swappedPlaces(workflow: Workflow, id: string, before: string): Workflow {
  const from = nodeOf(workflow, id)?.position;
  const to = nodeOf(workflow, before)?.position;
  if (!from || !to || to.x >= from.x) return workflow;
  const between = workflow.nodes.filter((node) => node.id !== id && node.position.x >= to.x && node.position.x < from.x).sort((a, b) => a.position.x - b.position.x);
  const places = [...between.map((node) => node.position), from];
  const next = new Map([[id, to], ...between.map((node, index) => [node.id, places[index + 1] ?? node.position] as const)]);
  return { ...workflow, nodes: workflow.nodes.map((node) => ({ ...node, position: next.get(node.id) ?? node.position })) };
}
