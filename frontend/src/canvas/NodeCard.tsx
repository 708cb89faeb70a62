import { Handle, type NodeProps, Position, useUpdateNodeInternals } from "@xyflow/react";
import { IconDots, IconHelpHexagon, IconPlus } from "@tabler/icons-react";
import { memo, useEffect, useLayoutEffect, useRef } from "react";
import type { NodeRun } from "../api/client";
import { rename } from "../model/document";
import type { DrawnNode, Port } from "../model/types";
import { formatNumber, formatSeconds, t } from "../strings";
import { Status } from "../ui/Status";
import { TypeIcon } from "../ui/icons";
import type { CardNode } from "./cards";
import { useStanding, waitWords } from "./standing";
import { useCanvas } from "./store";
import { show, useView } from "./view";

/** The one card of all node types: what it is, its ports, and how it stands in the run that is shown. */
export const NodeCard = memo(function NodeCard({ data, selected }: NodeProps<CardNode>) {
  const { drawn, type, problem, open, folded } = data;
  const run = useStanding((state) => state.runs[drawn.id]);
  const waits = useStanding((state) => waitWords(state, drawn.id));
  const renaming = useView((state) => state.renaming === drawn.id);
  const whole = useView((state) => folded !== "" && (selected || state.connecting));
  const away = whole ? "" : folded;
  usePortsOf(drawn.id, away);
  const words = run?.error?.message ?? waits ?? run?.progress ?? run?.summary ?? problem;
  const bad = Boolean(run?.error ?? (!run && problem));
  const title = drawn.data.label || type?.title || drawn.type;
  const status = run && t.status[run.status as keyof typeof t.status];
  const box = useSaid([title, type?.title ?? drawn.type, drawn.data.disabled && t.canvas.disabled, status, waits, problem].filter(Boolean).join(", "));
  return (
    <div ref={box} className={`node-card ${run?.status ?? ""} ${type?.unknown ? "unknown" : ""} ${drawn.data.disabled ? "disabled" : ""}`} onDoubleClick={() => show({ renaming: drawn.id })}>
      <div className="node-head">
        {type?.unknown ? <IconHelpHexagon size={18} stroke={1.7} aria-hidden /> : <TypeIcon name={type?.icon ?? ""} />}
        {renaming ? <NameField node={drawn} /> : <span title={title}>{title}</span>}
        {drawn.data.disabled && <small className="off">{t.canvas.disabled}</small>}
        <button
          type="button"
          className="node-menu nodrag"
          tabIndex={-1}
          aria-label={t.panel.menu(title)}
          onClick={(event) => {
            event.stopPropagation();
            show({ menu: { node: drawn.id, x: event.clientX, y: event.clientY } });
          }}
        >
          <IconDots size={16} aria-hidden />
        </button>
      </div>
      <div className="node-kind">{type?.unknown ? t.canvas.unknownShort : (type?.title ?? drawn.type)}</div>
      <Ports node={drawn.id} title={title} inputs={(type?.inputs ?? []).filter((port) => !away.split(" ").includes(port.name))} outputs={type?.outputs ?? []} open={open} data={run !== undefined && ["succeeded", "cached"].includes(run.status)} />
      <div className="node-foot">
        {run && (
          <div className="node-line">
            <Status name={run.status} />
            <span>{figures(run)}</span>
          </div>
        )}
        {words && <div className={bad ? "node-words bad" : "node-words"}>{String(words)}</div>}
      </div>
    </div>
  );
});

/** What a screen reader says of a card stands on the box that React Flow puts around it. It is written from here: from a list of all nodes React Flow would look at every one. */
function useSaid(words: string) {
  const card = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => card.current?.closest(".react-flow__node")?.setAttribute("aria-label", words), [words]);
  return card;
}

/** React Flow looks for the handles of a card again where other ports came into sight. */
function usePortsOf(node: string, away: string): void {
  const update = useUpdateNodeInternals();
  const before = useRef(away);
  useEffect(() => {
    if (before.current !== away) update(node);
    before.current = away;
  }, [node, away, update]);
}

/** Renaming on the card: Enter or leaving keeps, Escape takes back. */
function NameField({ node }: { node: DrawnNode }) {
  const done = useRef(false);
  const keep = (label: string) => {
    if (done.current) return;
    done.current = true;
    const { history, edit } = useCanvas.getState();
    show({ renaming: null });
    if (label !== node.data.label) edit(rename(history.present, node.id, label));
  };
  return (
    <input
      className="node-name nodrag"
      aria-label={t.panel.label}
      defaultValue={node.data.label}
      maxLength={200}
      // oxlint-disable-next-line jsx-a11y/no-autofocus
      autoFocus
      onFocus={(event) => event.currentTarget.select()}
      onBlur={(event) => keep(event.currentTarget.value)}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Enter") keep(event.currentTarget.value);
        if (event.key === "Escape") keep(node.data.label);
        if (event.key === "Enter" || event.key === "Escape") focusNode(node.id);
      }}
    />
  );
}

export const focusNode = (id: string): void => document.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`)?.focus();

function figures(run: NodeRun): string {
  const rows = run.rows_out === null ? "" : `${formatNumber(run.rows_out)} ${t.data.rows}`;
  const seconds = run.seconds === null ? "" : formatSeconds(run.seconds);
  return [rows, seconds].filter(Boolean).join(" · ");
}

interface PortsProps {
  node: string;
  title: string;
  inputs: Port[];
  outputs: Port[];
  open: string;
  data: boolean;
}

function Ports({ inputs, outputs, open, ...shared }: PortsProps) {
  const free = open.split(" ");
  return (
    <div className="ports">
      {Array.from({ length: Math.max(inputs.length, outputs.length) }, (_, row) => (
        <div className="port-row" key={row}>
          <PortHandle key={inputs[row]?.name} port={inputs[row]} side="in" add={free.includes(inputs[row]?.name ?? "")} {...shared} />
          <PortHandle port={outputs[row]} side="out" add {...shared} />
        </div>
      ))}
    </div>
  );
}

interface HandleProps extends Pick<PortsProps, "node" | "title" | "data"> {
  port: Port | undefined;
  side: "in" | "out";
  add: boolean;
}

/** A port: its handle for the mouse, a plus that offers only what fits, and on an output with a table a way to its rows. */
function PortHandle({ node, title, port, side, add, data }: HandleProps) {
  if (!port) return <span />;
  const role = port.role === "train" || port.role === "test" ? `, ${port.role} rows` : "";
  const words = `${port.title}: ${port.kind}${role}`;
  const left = side === "in";
  return (
    <>
      {!left && data && port.kind === "table" ? (
        <button
          type="button"
          className="port-name nodrag"
          tabIndex={-1}
          title={t.panel.openPort(port.title)}
          onClick={() => show({ port: { node, port: port.name } })}
        >
          {port.title}
        </button>
      ) : (
        <span>{port.title}</span>
      )}
      <Handle id={port.name} type={left ? "target" : "source"} position={left ? Position.Left : Position.Right} className={port.kind} title={words} />
      {add && (
        <button
          type="button"
          className={`port-add ${side} nodrag`}
          tabIndex={-1}
          aria-label={t.canvas.addAt(port.title, title)}
          title={t.canvas.addAt(port.title, title)}
          onClick={(event) => {
            event.stopPropagation();
            show({ finder: { kind: "place", place: { node, side, port: port.name } } });
          }}
        >
          <IconPlus size={12} aria-hidden />
        </button>
      )}
    </>
  );
}
