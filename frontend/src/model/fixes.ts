import { addNode, connect, withoutConnections } from "./document";
import { wireOf } from "./connect";
import { nodeOf } from "./lookup";
import { paramOf } from "./problems";
import type { NodeTypes, Workflow } from "./types";

/** Changes of the drawing that may mend what a node failed with. Pure. */

const GAP = 290;

/** A node of this type on the connection into the node's first table input; null where there is none. */
export function putBefore(workflow: Workflow, types: NodeTypes, node: string, type: string): { workflow: Workflow; id: string } | null {
  const [target, added] = [nodeOf(workflow, node), types[type]];
  const port = types[target?.type ?? ""]?.inputs.find((one) => one.kind === "table");
  const resolved = workflow.connections.map((one) => wireOf(workflow, types, one));
  const index = resolved.findIndex((wire) => wire?.target === node && wire.targetHandle === port?.name);
  const old = resolved[index];
  if (!target || !added || !old) return null;
  const made = addNode(withoutConnections(workflow, new Set([index])), added, { x: target.position.x - GAP, y: target.position.y - 40 });
  const before = connect(made.workflow, { source: old.source, sourceHandle: old.sourceHandle, target: made.id, targetHandle: added.inputs[0]?.name ?? null });
  return { id: made.id, workflow: connect(before, { source: made.id, sourceHandle: added.outputs[0]?.name ?? null, target: node, targetHandle: port?.name ?? null }) };
}

/** Failures that a Preprocess node in front of the training mends. */
const NEEDS_CLEANING: ReadonlySet<string> = new Set(["features-missing-values", "features-need-encoding"]);
/** Failures that running again mends: what is gone is made anew. */
const NEEDS_RESUME: ReadonlySet<string> = new Set(["artifact-missing", "artifact-altered", "execution-failed", "run-cancelled"]);

/** A way out of a failure: a Preprocess node in front, the run resumed, the settings opened, run from there. */
export type Way = "clean" | "resume" | "open" | "again";

/** The ways out that fit what a node failed with, the most likely first. */
export function waysOut(error: Record<string, unknown> | null | undefined): Way[] {
  if (!error) return [];
  const code = String(error.code);
  const field = paramOf(typeof error.field === "string" ? error.field : null);
  return [...(NEEDS_CLEANING.has(code) ? (["clean"] as const) : []), ...(NEEDS_RESUME.has(code) ? (["resume"] as const) : []), ...(field ? (["open"] as const) : []), "again"];
}
