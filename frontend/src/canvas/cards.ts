import { type Edge, MarkerType, type Node as FlowNode } from "@xyflow/react";
import type { Finding } from "../api/client";
import { spare, wireOf, wires } from "../model/connect";
import { NODE_HEIGHT, NODE_WIDTH } from "../model/layout";
import { nodeOf, titleOf } from "../model/lookup";
import type { Connection, DrawnNode, NodeType, NodeTypes, Workflow } from "../model/types";
import { t } from "../strings";
import type { FrameNode, NoteNode } from "./Frames";

export interface CardData extends Record<string, unknown> {
  drawn: DrawnNode;
  type: NodeType | undefined;
  problem: string | undefined;
  /** Names of the input ports that nothing feeds yet, as one text. */
  open: string;
  /** Names of the inputs that are folded away until a line may go there, as one text. */
  folded: string;
}

export type CardNode = FlowNode<CardData, "card">;

/** Everything that is drawn as a node. */
export type Shown = CardNode | NoteNode | FrameNode;

const made = new WeakMap<DrawnNode, CardNode>();
const SIZE = { initialWidth: NODE_WIDTH, initialHeight: NODE_HEIGHT };

/** A card; the same object while nothing of it changes, so that only what changes is drawn again. How it stands in a run, it looks up itself: `standing.ts`. */
function cardOf(next: CardData, selected: boolean): CardNode {
  const { drawn, type, problem, open, folded } = next;
  const known = made.get(drawn);
  const old = known?.data;
  const data = old && old.type === type && old.problem === problem && old.open === open && old.folded === folded ? old : next;
  if (known && data === old && known.selected === selected) return known;
  const card: CardNode = { id: drawn.id, type: "card", position: drawn.position, ...SIZE, selected, data };
  made.set(drawn, card);
  return card;
}

export function cards(document: Workflow, types: NodeTypes, problems: readonly Finding[], selection: ReadonlySet<string>, added: readonly Edge[]): CardNode[] {
  const fed = new Set(wires(document, types).map((wire) => `${wire.target}.${wire.targetHandle}`));
  const ends = new Set([...fed, ...added.map((one) => `${one.target}.${one.targetHandle}`)]);
  const wrong = new Map([...problems].reverse().flatMap((one) => (one.node && one.severity === "error" ? [[one.node, one.message] as const] : [])));
  return document.nodes.map((drawn) => {
    const type = types[drawn.type];
    const open = (type?.inputs ?? []).filter((port) => !fed.has(`${drawn.id}.${port.name}`)).map((port) => port.name).join(" ");
    const folded = spare(type?.inputs ?? [], (port) => ends.has(`${drawn.id}.${port}`)).join(" ");
    const problem = type?.unknown ? t.canvas.unknownShort : wrong.get(drawn.id);
    return cardOf({ drawn, type, problem, open, folded }, selection.has(drawn.id));
  });
}

const ARROW = { type: MarkerType.ArrowClosed, width: 16, height: 16 };

interface Known {
  edge: Edge;
  /** What the line was made of: its place, the ends and the types. */
  parts: readonly unknown[];
}

const joined = new WeakMap<Connection, Known>();

/** Lines; each the same object while nothing of it changes, which is looked at before any text is made. */
export function lines(document: Workflow, types: NodeTypes, chosen: ReadonlySet<number>): Edge[] {
  return document.connections.flatMap((one, index) => {
    const [from, to] = [nodeOf(document, one.source), nodeOf(document, one.target)];
    const parts = [index, from, to, types, chosen.has(index)] as const;
    const known = joined.get(one);
    if (known && parts.every((part, at) => part === known.parts[at])) return [known.edge];
    const wire = wireOf(document, types, one);
    if (!wire) return [];
    const words = from && to ? t.canvas.fits(titleOf(from, types), titleOf(to, types)) : undefined;
    const edge = { ...wire, id: String(index), selected: parts[4], ariaLabel: words, markerEnd: ARROW };
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
    .map((one) => ({ ...one, id: `implied ${one.target}.${one.targetHandle}`, selectable: false, focusable: false, data: { implied: true }, style: { strokeDasharray: "5 5", opacity: 0.75 } }));
}
