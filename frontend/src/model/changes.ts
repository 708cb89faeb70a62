import { equal, factsOf, partsOf, wireOfFact } from "./facts";
import type { Connection, Workflow } from "./types";

/** One difference between two drawings, by node and by param. */
export type Change =
  | { kind: "name" | "description"; before: string; after: string }
  | { kind: "added" | "removed"; node: string; type: string }
  | { kind: "type" | "label" | "disabled"; node: string; before: unknown; after: unknown }
  | { kind: "param"; node: string; param: string; before: unknown; after: unknown }
  | { kind: "moved"; node: string }
  | { kind: "connected" | "disconnected"; wire: Connection }
  | { kind: "note" | "group"; id: string; before: unknown; after: unknown };

const ORDER = ["name", "description", "added", "removed", "type", "label", "disabled", "param", "connected", "disconnected", "group", "note", "moved"];

/** What became of one drawing in another: what counts first, what only moved last. */
export function changes(before: Workflow, after: Workflow): Change[] {
  const [was, is] = [factsOf(before), factsOf(after)];
  const found = [...new Set([...was.keys(), ...is.keys()])].flatMap((path): Change[] => {
    const [a, b] = [was.get(path), is.get(path)];
    return equal(a, b) ? [] : (changeOf(path, a, b, is.has(parentOf(path)) && was.has(parentOf(path))) ?? []);
  });
  return found.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}

const parentOf = (path: string): string => path.split("/").slice(0, 2).join("/");

/** `both`: the thing the fact is about is in both drawings. What is said of a node that came or went is said with it. */
function changeOf(path: string, before: unknown, after: unknown, both: boolean): Change[] | null {
  const [kind, id = "", what, param = ""] = partsOf(path);
  const wire = wireOfFact(path);
  if (wire) return [{ kind: after ? "connected" : "disconnected", wire }];
  if (kind === "name" || kind === "description") return [{ kind, before: String(before ?? ""), after: String(after ?? "") }];
  if (kind === "note" || kind === "group") return what === undefined || (what === "node" && both) ? [{ kind, id, before: what ? null : before, after: what ? param : after }] : null;
  if (what === undefined) return before === undefined ? [{ kind: "added", node: id, type: String(after) }] : after === undefined ? [{ kind: "removed", node: id, type: String(before) }] : [{ kind: "type", node: id, before, after }];
  if (!both) return null;
  if (what === "param") return [{ kind: "param", node: id, param, before, after }];
  return what === "position" ? [{ kind: "moved", node: id }] : [{ kind: what as "label" | "disabled", node: id, before, after }];
}

/** How each node fared, for a picture of the difference. */
export function fates(before: Workflow, after: Workflow): Map<string, "added" | "removed" | "changed"> {
  const found = new Map<string, "added" | "removed" | "changed">();
  for (const change of changes(before, after)) {
    if (change.kind === "added" || change.kind === "removed") found.set(change.node, change.kind);
    else if ("node" in change && change.kind !== "moved" && !found.has(change.node)) found.set(change.node, "changed");
  }
  return found;
}
