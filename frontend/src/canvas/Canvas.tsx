import {
  Background,
  type Connection as FlowConnection,
  Controls,
  type Edge,
  MarkerType,
  MiniMap,
  type NodeChange,
  ReactFlow,
  useReactFlow,
} from "@xyflow/react";
import { type DragEvent, useMemo, useRef, useState } from "react";
import type { Finding, NodeRun } from "../api/client";
import { refusal, type Wire, wireOf } from "../model/connect";
import { addNode, connect } from "../model/document";
import { NODE_HEIGHT, NODE_WIDTH } from "../model/layout";
import type { Connection, NodeTypes, Workflow } from "../model/types";
import { formatNumber, t } from "../strings";
import { type CardNode, NodeCard } from "./NodeCard";
import { DRAG_TYPE } from "./Palette";
import { useCanvas, useDocument } from "./store";

const CARD = { card: NodeCard };
const MANY_NODES = 300;

interface CanvasProps {
  types: NodeTypes;
  runs: Record<string, NodeRun>;
  problems: readonly Finding[];
  /** The connections as the check resolved them: what it adds by itself is drawn dashed. */
  resolved: readonly Connection[];
  colorMode: "light" | "dark";
}

/** The drawing. React Flow's nodes and edges are derived from the document; what a person does comes back as edits of it. */
export function Canvas({ types, runs, problems, resolved, colorMode }: CanvasProps) {
  const document = useDocument();
  const selection = useCanvas((state) => state.selection);
  const chosen = useCanvas((state) => state.wires);
  const { edit, amend, select } = useCanvas.getState();
  const [reason, setReason] = useState<string | null>(null);
  const lifted = useRef<Workflow | null>(null);
  const flow = useReactFlow();
  const nodes = useMemo(() => cards(document, types, runs, problems, selection), [document, types, runs, problems, selection]);
  const edges = useMemo(() => [...lines(document, types, runs, chosen), ...implied(document, types, resolved)], [document, types, runs, chosen, resolved]);

  const onNodesChange = (changes: NodeChange<CardNode>[]) => {
    const moved = new Map(changes.flatMap((one) => (one.type === "position" && one.position ? [[one.id, one.position] as const] : [])));
    const now = useCanvas.getState().history.present;
    if (moved.size) {
      lifted.current ??= now;
      amend({ ...now, nodes: now.nodes.map((node) => (moved.has(node.id) ? { ...node, position: moved.get(node.id) ?? node.position } : node)) });
      if (changes.some((one) => one.type === "position" && one.dragging === false)) settle();
    }
    const picked = changes.filter((one) => one.type === "select");
    if (picked.length) {
      const next = new Set(useCanvas.getState().selection);
      for (const one of picked) one.selected ? next.add(one.id) : next.delete(one.id);
      select(next);
    }
  };

  /** A move ends: from where the nodes lay to where they lie is one step. */
  const settle = () => {
    const before = lifted.current;
    const after = useCanvas.getState().history.present;
    lifted.current = null;
    if (before && before !== after) {
      amend(before);
      edit(after);
    }
  };

  const judge = (one: FlowConnection | Edge): boolean => {
    const why = refusal(useCanvas.getState().history.present, types, one as Wire);
    setReason(why);
    return why === null;
  };

  const drop = (event: DragEvent) => {
    const type = types[event.dataTransfer.getData(DRAG_TYPE)];
    if (!type) return;
    event.preventDefault();
    const position = flow.screenToFlowPosition({ x: event.clientX - 116, y: event.clientY - 30 });
    const added = addNode(document, type, { x: Math.round(position.x), y: Math.round(position.y) });
    edit(added.workflow);
    select(new Set([added.id]));
  };

  return (
    <section className="stage" aria-label="Canvas" onDragOver={(event) => event.preventDefault()} onDrop={drop}>
      <ReactFlow<CardNode>
        nodes={nodes}
        edges={edges}
        nodeTypes={CARD}
        colorMode={colorMode}
        onNodesChange={onNodesChange}
        onConnect={(one) => edit(connect(useCanvas.getState().history.present, { source: one.source, target: one.target, sourceHandle: one.sourceHandle, targetHandle: one.targetHandle }))}
        isValidConnection={judge}
        onConnectStart={() => setReason(null)}
        onConnectEnd={(_, state) => setTimeout(() => setReason(null), state.isValid ? 0 : 2_500)}
        onEdgeClick={(_, edge) => select(new Set(), new Set([Number(edge.id)]))}
        onPaneClick={() => select(new Set())}
        deleteKeyCode={null}
        onlyRenderVisibleElements={document.nodes.length > MANY_NODES}
        fitView
        fitViewOptions={{ maxZoom: 1, padding: 0.15 }}
        minZoom={0.1}
      >
        <Background gap={22} />
        <Controls showInteractive={false} />
        {document.nodes.length > 6 && document.nodes.length <= 500 && <MiniMap pannable zoomable ariaLabel="Overview" />}
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

function cards(document: Workflow, types: NodeTypes, runs: Record<string, NodeRun>, problems: readonly Finding[], selection: ReadonlySet<string>): CardNode[] {
  return document.nodes.map((drawn) => {
    const type = types[drawn.type];
    const run = runs[drawn.id];
    const problem = problems.find((one) => one.node === drawn.id && one.severity === "error")?.message;
    const label = `${drawn.data.label || drawn.id}, ${type?.title ?? drawn.type}${run ? `, ${run.status}` : ""}`;
    const size = { initialWidth: NODE_WIDTH, initialHeight: NODE_HEIGHT };
    return { id: drawn.id, type: "card", position: drawn.position, ...size, selected: selection.has(drawn.id), ariaLabel: label, data: { drawn, type, run, problem } };
  });
}

function lines(document: Workflow, types: NodeTypes, runs: Record<string, NodeRun>, chosen: ReadonlySet<number>): Edge[] {
  return document.connections.flatMap((one, index) => {
    const wire = wireOf(document, types, one);
    if (!wire) return [];
    const rows = runs[wire.source]?.rows_out;
    const label = rows === null || rows === undefined || types[wireType(document, wire.source)]?.outputs.length !== 1 ? undefined : formatNumber(rows);
    const animated = runs[wire.target]?.status === "running";
    return [{ ...wire, id: String(index), selected: chosen.has(index), animated, label, markerEnd: { type: MarkerType.ArrowClosed, width: 16, height: 16 } }];
  });
}

/** Connections nobody drew but the check finds, such as the test rows of the split a model was trained behind. */
function implied(document: Workflow, types: NodeTypes, resolved: readonly Connection[]): Edge[] {
  const known = new Set(document.nodes.map((node) => node.id));
  const drawn = new Set(document.connections.flatMap((one) => wireOf(document, types, one) ?? []).map((wire) => `${wire.target}.${wire.targetHandle}`));
  return resolved
    .filter((one) => known.has(one.source) && known.has(one.target) && !drawn.has(`${one.target}.${one.targetHandle}`))
    .map((one) => ({ ...one, id: `implied ${one.target}.${one.targetHandle}`, selectable: false, focusable: false, style: { strokeDasharray: "5 5", opacity: 0.75 } }));
}

const wireType = (document: Workflow, id: string): string => document.nodes.find((node) => node.id === id)?.type ?? "";
