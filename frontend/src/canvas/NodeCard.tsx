import { Handle, type NodeProps, type Node as FlowNode, Position } from "@xyflow/react";
import { memo } from "react";
import type { NodeRun } from "../api/client";
import type { DrawnNode, NodeType, Port } from "../model/types";
import { formatNumber, formatSeconds } from "../strings";
import { Status } from "../ui/Status";
import { TypeIcon } from "../ui/icons";

export type CardData = { drawn: DrawnNode; type: NodeType | undefined; run: NodeRun | undefined; problem: string | undefined };
export type CardNode = FlowNode<CardData, "card">;

/** The one card of all node types: what it is, its ports, and how it stands in the run that is shown. */
export const NodeCard = memo(function NodeCard({ data }: NodeProps<CardNode>) {
  const { drawn, type, run, problem } = data;
  const words = run?.error?.message ?? run?.progress ?? run?.summary ?? problem;
  const bad = Boolean(run?.error ?? (!run && problem));
  return (
    <div className={`node-card ${run?.status ?? ""}`}>
      <div className="node-head">
        <TypeIcon name={type?.icon ?? ""} />
        <span>{drawn.data.label || type?.title || drawn.type}</span>
      </div>
      <div className="node-kind">{type?.title ?? drawn.type}</div>
      <Ports inputs={type?.inputs ?? []} outputs={type?.outputs ?? []} />
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

function figures(run: NodeRun): string {
  const rows = run.rows_out === null ? "" : `${formatNumber(run.rows_out)} rows`;
  const seconds = run.seconds === null ? "" : formatSeconds(run.seconds);
  return [rows, seconds].filter(Boolean).join(" · ");
}

function Ports({ inputs, outputs }: { inputs: Port[]; outputs: Port[] }) {
  const rows = Math.max(inputs.length, outputs.length);
  return (
    <div className="ports">
      {Array.from({ length: rows }, (_, row) => (
        <div className="port-row" key={row}>
          <PortHandle port={inputs[row]} side={Position.Left} />
          <PortHandle port={outputs[row]} side={Position.Right} />
        </div>
      ))}
    </div>
  );
}

function PortHandle({ port, side }: { port: Port | undefined; side: Position }) {
  if (!port) return <span />;
  const role = port.role === "train" || port.role === "test" ? `, ${port.role} rows` : "";
  return (
    <>
      <span>{port.title}</span>
      <Handle id={port.name} type={side === Position.Left ? "target" : "source"} position={side} className={port.kind} title={`${port.title}: ${port.kind}${role}`} />
    </>
  );
}
