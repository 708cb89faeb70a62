import { Background, type Connection as FlowConnection, Controls, type Edge, type EdgeChange, MiniMap, type NodeChange, type OnConnectEnd, ReactFlow, useReactFlow } from "@xyflow/react";
import { type DragEvent, useMemo, useRef, useState } from "react";
import type { Finding, NodeRun } from "../api/client";
import { refusal, type Wire } from "../model/connect";
import { addNode, connect } from "../model/document";
import { keyParts, moved as movedTo, updateNote } from "../model/frames";
import type { Connection, NodeTypes, Workflow } from "../model/types";
import { t } from "../strings";
import { usePreference } from "../ui/preferences";
import { type CardNode, cards, implied, lines } from "./cards";
import { Frame, type FrameNode, frames, NoteCard, type NoteNode, noteNodes } from "./Frames";
import { NodeCard } from "./NodeCard";
import { DRAG_TYPE } from "./Palette";
import { useCanvas, useDocument } from "./store";
import { show } from "./view";

const CARDS = { card: NodeCard, note: NoteCard, frame: Frame };
type Shown = CardNode | NoteNode | FrameNode;
const MANY_NODES = 300;
const MAP_FROM = 7;
const MAP_TO = 500;
const REASON_MS = 2_500;

interface CanvasProps {
  types: NodeTypes;
  runs: Record<string, NodeRun>;
  problems: readonly Finding[];
  /** The connections as the check resolved them: what it adds by itself is drawn dashed. */
  resolved: readonly Connection[];
  colorMode: "light" | "dark";
  /** A file was dropped: a workflow, perhaps. */
  onFile: (file: File) => void;
}

/** The drawing. React Flow's nodes and edges are derived from the document; what a person does comes back as edits of it. */
export function Canvas({ types, runs, problems, resolved, colorMode, onFile }: CanvasProps) {
  const document = useDocument();
  const selection = useCanvas((state) => state.selection);
  const chosen = useCanvas((state) => state.wires);
  const { edit, select } = useCanvas.getState();
  const [reason, setReason] = useState<string | null>(null);
  const onNodesChange = useMoves(types);
  const map = usePreference("minimap");
  const flow = useReactFlow();
  const nodes = useMemo(
    (): Shown[] => [...frames(document, types, selection), ...cards(document, types, runs, problems, selection), ...noteNodes(document, selection)],
    [document, types, runs, problems, selection],
  );
  const edges = useMemo(() => [...lines(document, types, runs, chosen), ...implied(document, types, resolved)], [document, types, runs, chosen, resolved]);

  const judge = (one: FlowConnection | Edge): boolean => {
    const why = refusal(useCanvas.getState().history.present, types, one as Wire);
    setReason(why);
    return why === null;
  };

  /** Let go over the empty canvas: offer what fits there. */
  const onConnectEnd: OnConnectEnd = (event, state) => {
    setTimeout(() => setReason(null), state.isValid ? 0 : REASON_MS);
    if (state.isValid || state.toNode || !state.fromHandle || !state.fromNode) return;
    const at = "clientX" in event ? event : event.changedTouches[0];
    if (!at || !(event.target as HTMLElement).closest(".react-flow__pane")) return;
    const side = state.fromHandle.type === "source" ? "out" : "in";
    const position = flow.screenToFlowPosition({ x: at.clientX - (side === "out" ? 0 : 232), y: at.clientY - 40 });
    show({ finder: { kind: "place", place: { node: state.fromNode.id, side, port: state.fromHandle.id ?? undefined }, at: rounded(position) } });
  };

  const drop = (event: DragEvent) => {
    const file = event.dataTransfer.files[0];
    const type = types[event.dataTransfer.getData(DRAG_TYPE)];
    if (!type && !file) return;
    event.preventDefault();
    if (file) return onFile(file);
    if (!type) return;
    const added = addNode(document, type, rounded(flow.screenToFlowPosition({ x: event.clientX - 116, y: event.clientY - 30 })));
    edit(added.workflow);
    select(new Set([added.id]));
  };

  const onEdgesChange = (changes: EdgeChange[]) => {
    const picked = changes.flatMap((one) => (one.type === "select" && /^\d+$/.test(one.id) ? [one] : []));
    if (picked.length === 0) return;
    const next = new Set(useCanvas.getState().wires);
    for (const one of picked) turn(next, Number(one.id), one.selected);
    select(useCanvas.getState().selection, next);
  };

  return (
    <section className="stage" aria-label={t.canvas.stage} onDragOver={(event) => event.preventDefault()} onDrop={drop}>
      <ReactFlow<Shown>
        nodes={nodes}
        edges={edges}
        nodeTypes={CARDS}
        colorMode={colorMode}
        onNodesChange={onNodesChange}
        onEdgesChange={onEdgesChange}
        onConnect={({ source, target, sourceHandle, targetHandle }) => edit(connect(useCanvas.getState().history.present, { source, target, sourceHandle, targetHandle }))}
        isValidConnection={judge}
        onConnectStart={() => setReason(null)}
        onConnectEnd={onConnectEnd}
        onNodeContextMenu={(event, node) => {
          event.preventDefault();
          if (keyParts(node.id).kind !== "node") return;
          select(new Set([node.id]));
          show({ menu: { node: node.id, x: event.clientX, y: event.clientY } });
        }}
        onPaneClick={() => select(new Set())}
        zoomOnDoubleClick={false}
        deleteKeyCode={null}
        onlyRenderVisibleElements={document.nodes.length > MANY_NODES}
        fitView
        fitViewOptions={{ maxZoom: 1, padding: 0.15 }}
        minZoom={0.1}
      >
        <Background gap={22} />
        <Controls showInteractive={false} />
        {map && document.nodes.length >= MAP_FROM && document.nodes.length <= MAP_TO && <MiniMap pannable zoomable ariaLabel={t.canvas.minimap} style={{ width: 150, height: 96 }} />}
      </ReactFlow>
      {document.nodes.length === 0 && (
        <div className="canvas-empty">
          <b>{t.canvas.emptyTitle}</b>
          <span>{t.canvas.emptyText}</span>
        </div>
      )}
      {reason && (
        <div className="refusal" role="alert">
          {reason}
        </div>
      )}
    </section>
  );
}

function turn<T>(set: Set<T>, one: T, on: boolean) {
  if (on) set.add(one);
  else set.delete(one);
}

const rounded = ({ x, y }: { x: number; y: number }) => ({ x: Math.round(x), y: Math.round(y) });

/** Moves and selections that React Flow reports, as edits: from where the nodes lay to where they lie is one step. */
function useMoves(types: NodeTypes) {
  const lifted = useRef<Workflow | null>(null);
  const { edit, amend, select } = useCanvas.getState();

  const settle = () => {
    const before = lifted.current;
    const after = useCanvas.getState().history.present;
    lifted.current = null;
    if (before && before !== after) {
      amend(before);
      edit(after);
    }
  };

  const resize = (key: string, { width, height }: { width: number; height: number }, going: boolean) => {
    const now = useCanvas.getState().history.present;
    lifted.current ??= now;
    amend(updateNote(now, keyParts(key).id, { width: Math.round(width), height: Math.round(height) }));
    if (!going) settle();
  };

  return (changes: NodeChange<Shown>[]) => {
    for (const one of changes) if (one.type === "dimensions" && one.resizing !== undefined && one.dimensions) resize(one.id, one.dimensions, one.resizing);
    const moved = new Map(changes.flatMap((one) => (one.type === "position" && one.position ? [[one.id, one.position] as const] : [])));
    const now = useCanvas.getState().history.present;
    if (moved.size) {
      lifted.current ??= now;
      amend(movedTo(now, types, moved));
      if (changes.some((one) => one.type === "position" && one.dragging === false)) settle();
    }
    const picked = changes.filter((one) => one.type === "select");
    if (picked.length) {
      const { selection, wires } = useCanvas.getState();
      const next = new Set(selection);
      for (const one of picked) turn(next, one.id, one.selected);
      select(next, wires);
    }
  };
}
