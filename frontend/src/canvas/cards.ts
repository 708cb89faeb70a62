import { type Edge, MarkerType, type Node as FlowNode } from "@xyflow/react";
import type { Finding, NodeRun } from "../api/client";
import { spare, wireOf, wires } from "../model/connect";
import { NODE_HEIGHT, NODE_WIDTH } from "../model/layout";
import { namesOf, nodeOf, titleOf } from "../model/lookup";
import { whyWords } from "../model/reasons";
import { waiting } from "../model/waiting";
import type { Connection, DrawnNode, NodeType, NodeTypes, Workflow } from "../model/types";
import { formatNumber, t } from "../strings";
import type { FrameNode, NoteNode } from "./Frames";

export interface CardData extends Record<string, unknown> {
  drawn: DrawnNode;
  type: NodeType | undefined;
  run: NodeRun | undefined;
  problem: string | undefined;
  /** What the node waits for, in words. */
  waits: string | undefined;
  /** Names of the input ports that nothing feeds yet, as one text. */
  open: string;
  /** Names of the inputs that are folded away until a line may go there, as one text. */
  folded: string;
}

export type CardNode = FlowNode<CardData, "card">;

/** What a node says while a run waits for a person there. */
export const APPROVAL = "waiting for approval";

/** Everything that is drawn as a node. */
export type Shown = CardNode | NoteNode | FrameNode;

const made = new WeakMap<DrawnNode, CardNode>();
const SIZE = { initialWidth: NODE_WIDTH, initialHeight: NODE_HEIGHT };

/** A card; the same object while nothing of it changes, so that only what changes is drawn again. */
function cardOf(next: CardData, selected: boolean): CardNode {
  const { drawn, type, run, problem, waits, open, folded } = next;
  const known = made.get(drawn);
  const old = known?.data;
  const data = old && old.type === type && old.run === run && old.problem === problem && old.waits === waits && old.open === open && old.folded === folded ? old : next;
  if (known && data === old && known.selected === selected) return known;
  const status = run && t.status[run.status as keyof typeof t.status];
  const label = [drawn.data.label || type?.title || drawn.type, type?.title ?? drawn.type, drawn.data.disabled && t.canvas.disabled, status, waits, problem].filter(Boolean).join(", ");
  const card: CardNode = { id: drawn.id, type: "card", position: drawn.position, ...SIZE, selected, ariaLabel: label, data };
  made.set(drawn, card);
  return card;
}

export function cards(document: Workflow, types: NodeTypes, runs: Record<string, NodeRun>, problems: readonly Finding[], selection: ReadonlySet<string>, added: readonly Edge[]): CardNode[] {
  const fed = new Set(wires(document, types).map((wire) => `${wire.target}.${wire.targetHandle}`));
  const ends = new Set([...fed, ...added.map((one) => `${one.target}.${one.targetHandle}`)]);
  const before = waiting(document, types, (node) => runs[node]?.status);
  const names = namesOf(document, types);
  const wrong = new Map([...problems].reverse().flatMap((one) => (one.node && one.severity === "error" ? [[one.node, one.message] as const] : [])));
  return document.nodes.map((drawn) => {
    const type = types[drawn.type];
    const run = runs[drawn.id];
    const open = (type?.inputs ?? []).filter((port) => !fed.has(`${drawn.id}.${port.name}`)).map((port) => port.name).join(" ");
    const folded = spare(type?.inputs ?? [], (port) => ends.has(`${drawn.id}.${port}`)).join(" ");
    const problem = type?.unknown ? t.canvas.unknownShort : wrong.get(drawn.id);
    const found = before.get(drawn.id);
    const waits = run?.progress === APPROVAL ? t.order.waitingYou : found ? t.order.waitingFor(found.names, found.more) : run?.status === "skipped" ? whyWords(run.reason, names) : undefined;
    return cardOf({ drawn, type, run, problem, waits, open, folded }, selection.has(drawn.id));
  });
}

const ARROW = { type: MarkerType.ArrowClosed, width: 16, height: 16 };

interface Known {
  edge: Edge;
  /** What the line was made of: the ends, the types, and what the run says of it. */
  parts: readonly unknown[];
}

const joined = new WeakMap<Connection, Known>();

/** Lines; each the same object while nothing of it changes, which is looked at before any text is made. */
export function lines(document: Workflow, types: NodeTypes, runs: Record<string, NodeRun>, chosen: ReadonlySet<number>): Edge[] {
  return document.connections.flatMap((one, index) => {
    const [from, to] = [nodeOf(document, one.source), nodeOf(document, one.target)];
    const source = runs[one.source];
    const parts = [index, from, to, types, source?.rows_by_port, runs[one.target]?.status === "running", chosen.has(index)] as const;
    const known = joined.get(one);
    if (known && parts.every((part, at) => part === known.parts[at])) return [known.edge];
    const wire = wireOf(document, types, one);
    if (!wire) return [];
    const rows = source?.rows_by_port[wire.sourceHandle];
    const label = rows === undefined ? undefined : formatNumber(rows);
    const words = from && to ? t.canvas.fits(titleOf(from, types), titleOf(to, types)) : undefined;
    const edge = { ...wire, id: String(index), selected: parts[6], animated: parts[5], label, ariaLabel: words, markerEnd: ARROW };
    joined.set(one, { edge, parts });
    return [edge];
  });
}

/** Connections nobody drew but the check finds, such as the test rows of the split a model was trained behind. */
export function implied(document: Workflow, types: NodeTypes, resolved: readonly Connection[]): Edge[] {
  const known = new Set(document.nodes.map((node) => node.id));
  const drawn = new Set(wires(document, types).map((wire) => `${wire.target}.${wire.targetHandle}`));
  return resolved
    .filter((one) => known.has(one.source) && known.has(one.target) && !drawn.has(`${one.target}.${one.targetHandle}`))
    .map((one) => ({ ...one, id: `implied ${one.target}.${one.targetHandle}`, selectable: false, focusable: false, style: { strokeDasharray: "5 5", opacity: 0.75 } }));
}
