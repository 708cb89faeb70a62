import { Background, type Connection as FlowConnection, Controls, type Edge, type EdgeChange, MiniMap, type OnConnectEnd, ReactFlow, useReactFlow, useStore, useStoreApi } from "@xyflow/react";
import { type DragEvent, lazy, memo, Suspense, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Finding } from "../api/client";
import { refusal, type Wire } from "../model/connect";
import { addNode, connect } from "../model/document";
import { keyParts, moved } from "../model/frames";
import type { Point } from "../model/layout";
import { nodeOf } from "../model/lookup";
import { opening } from "../model/opening";
import type { Connection, NodeTypes, Workflow } from "../model/types";
import { t } from "../strings";
import { usePreference } from "../ui/preferences";
import { cards, implied, lines, type Shown } from "./cards";
import { Frame, frames, NoteCard, noteNodes } from "./Frames";
import { Line } from "./Line";
import { NodeCard } from "./NodeCard";
import { DRAG_TYPE } from "./Palette";
import { useCanvas, useDocument } from "./store";
import { turn, useMoves } from "./useMoves";
import { show } from "./view";

const EmptyStart = lazy(() => import("./EmptyStart"));

const CARDS = { card: NodeCard, note: NoteCard, frame: Frame };
const LINES = { default: Line };

const MANY_NODES = 300;
const MAP_FROM = 7;
const MAP_TO = 500;
const REASON_MS = 2_500;

interface CanvasProps {
  types: NodeTypes;
  problems: readonly Finding[];
  /** The connections as the check resolved them: what it adds by itself is drawn dashed. */
  resolved: readonly Connection[];
  colorMode: "light" | "dark";
  /** A file was dropped: a workflow, perhaps. */
  onFile: (file: File) => void;
}

/** The drawing. React Flow's nodes and edges are derived from the document; what a person does comes back as edits of it. */
export const Canvas = memo(function Canvas({ types, problems, resolved, colorMode, onFile }: CanvasProps) {
  const document = useDocument();
  const selection = useCanvas((state) => state.selection);
  const chosen = useCanvas((state) => state.wires);
  const { edit, select } = useCanvas.getState();
  const [reason, setReason] = useState<string | null>(null);
  const { moving, onNodesChange } = useMoves(types);
  const map = usePreference("minimap");
  const flow = useReactFlow();
  useOpening(document.nodes.length);
  const corner = useMemo(() => beginning(document), [document]);
  const added = useMemo(() => implied(document, types, resolved), [document, types, resolved]);
  const still = useSame(
    useMemo(
      (): Shown[] => [...frames(document, types, selection), ...cards(document, types, problems, selection, added), ...noteNodes(document, selection)],
      [document, types, problems, selection, added],
    ),
  );
  const nodes = useMemo(() => (moving ? onTheirWay(still, document, types, selection, moving) : still), [still, moving, document, types, selection]);
  const edges = useSame(useMemo(() => [...lines(document, types, chosen), ...added], [document, types, chosen, added]));

  const judge = (one: FlowConnection | Edge): boolean => {
    const why = refusal(useCanvas.getState().history.present, types, one as Wire);
    setReason(why);
    return why === null;
  };

  /** Let go over the empty canvas: offer what fits there. */
  const onConnectEnd: OnConnectEnd = (event, state) => {
    show({ connecting: false });
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
        edgeTypes={LINES}
        colorMode={colorMode}
        onNodesChange={onNodesChange}
        onEdgesChange={onEdgesChange}
        onConnect={({ source, target, sourceHandle, targetHandle }) => edit(connect(useCanvas.getState().history.present, { source, target, sourceHandle, targetHandle }))}
        isValidConnection={judge}
        onConnectStart={() => {
          setReason(null);
          show({ connecting: true });
        }}
        onConnectEnd={onConnectEnd}
        onClickConnectStart={() => show({ connecting: true })}
        onClickConnectEnd={() => show({ connecting: false })}
        onNodeContextMenu={(event, node) => {
          event.preventDefault();
          if (keyParts(node.id).kind !== "node") return;
          select(new Set([node.id]));
          show({ menu: { node: node.id, x: event.clientX, y: event.clientY } });
        }}
        onPaneClick={() => select(new Set())}
        zoomOnDoubleClick={false}
        deleteKeyCode={null}
        elevateNodesOnSelect={false}
        onlyRenderVisibleElements={document.nodes.length > MANY_NODES}
        defaultViewport={corner}
        fitViewOptions={{ maxZoom: 1, padding: 0.05 }}
        minZoom={0.1}
      >
        <Background gap={22} />
        <Controls showInteractive={false} />
        {map && document.nodes.length >= MAP_FROM && document.nodes.length <= MAP_TO && <MiniMap pannable zoomable ariaLabel={t.canvas.minimap} style={{ width: 150, height: 96 }} />}
      </ReactFlow>
      {document.nodes.length === 0 && !document.notes?.length && (
        <Suspense>
          <EmptyStart types={types} />
        </Suspense>
      )}
      {reason && (
        <div className="refusal" role="alert">
          {reason}
        </div>
      )}
    </section>
  );
});

/** The list of before where every entry is the same object: then React Flow has nothing to do. */
function useSame<T>(list: T[]): T[] {
  const before = useRef(list);
  if (before.current.length !== list.length || list.some((one, index) => one !== before.current[index])) before.current = list;
  return before.current;
}

/** Once the cards of a drawing are measured, show it as large as can be read. A drawing that began empty stays where it is. */
function useOpening(count: number) {
  const store = useStoreApi();
  const flow = useReactFlow();
  const open = useRef(count === 0 || count > MANY_NODES);
  const measured = useStore((state) => open.current || (state.panZoom !== null && state.nodeLookup.size > 0 && [...state.nodeLookup.values()].every((node) => node.measured.height !== undefined)));
  useLayoutEffect(() => {
    if (open.current || !measured) return;
    open.current = true;
    const nodes = flow.getNodes();
    const box = flow.getNodesBounds(nodes);
    const [first] = nodes.filter((one) => one.type === "card").sort((one, other) => one.position.x - other.position.x);
    void flow.setViewport(opening(box, store.getState(), first ? centre(flow.getNodesBounds([first])) : box));
  }, [measured, flow, store]);
}

const centre = ({ x, y, width, height }: { x: number; y: number; width: number; height: number }) => ({ x: x + width / 2, y: y + height / 2 });

/** The upper left corner of a drawing of many nodes, at full size. */
function beginning({ nodes }: Workflow) {
  const least = (axis: "x" | "y") => nodes.reduce((low, node) => Math.min(low, node.position[axis]), Infinity);
  return nodes.length > MANY_NODES ? { x: 60 - least("x"), y: 60 - least("y"), zoom: 1 } : { x: 0, y: 0, zoom: 1 };
}

/** What is being dragged lies where the mouse is: only that is new, everything else stays the same object. With groups, frames and their nodes follow each other. */
function onTheirWay(still: Shown[], document: Workflow, types: NodeTypes, selection: ReadonlySet<string>, moving: ReadonlyMap<string, Point>): Shown[] {
  const live = document.groups?.length ? moved(document, types, moving) : null;
  const around = new Map(live ? frames(live, types, selection).map((frame) => [frame.id, frame]) : []);
  return still.map((one) => {
    if (one.type === "frame") return around.get(one.id) ?? one;
    const position = moving.get(one.id) ?? (live && one.type === "card" ? nodeOf(live, one.id)?.position : undefined);
    return position && position !== one.position ? { ...one, position } : one;
  });
}

const rounded = ({ x, y }: { x: number; y: number }) => ({ x: Math.round(x), y: Math.round(y) });
