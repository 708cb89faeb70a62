import { BaseEdge, type EdgeProps, getBezierPath, getSmoothStepPath, type InternalNode, useInternalNode } from "@xyflow/react";
import { memo } from "react";
import { type Box, way } from "../model/way";
import { formatNumber } from "../strings";
import { useStanding } from "./standing";

/** A line: a curve where it goes on to the right; where its end lies to the left, a way around the cards. */
export const Line = memo(function Line(line: EdgeProps) {
  return line.targetX < line.sourceX ? <Back {...line} /> : <Drawn line={line} path={getBezierPath(line)} />;
});

/** Only lines that go back look at the cards they join, so that a drawing of many lines stays fast. */
function Back(line: EdgeProps) {
  const [from, to] = [useInternalNode(line.source), useInternalNode(line.target)];
  const ports = from?.internals.handleBounds?.source ?? [];
  const place = ports.findIndex((one) => one.id === line.sourceHandleId);
  const path = from && to ? way(boxOf(from), boxOf(to), Math.max(0, place), Math.max(1, ports.length)) : {};
  return <Drawn line={line} path={getSmoothStepPath({ ...line, ...path, borderRadius: 10 })} />;
}

const boxOf = ({ internals, measured }: InternalNode): Box => ({ top: internals.positionAbsolute.y, bottom: internals.positionAbsolute.y + (measured.height ?? 0) });

function Drawn({ line, path: [path, labelX, labelY] }: { line: EdgeProps; path: ReturnType<typeof getBezierPath> }) {
  const { id, source, sourceHandleId, target, data, style, markerEnd, interactionWidth } = line;
  const rows = useStanding(({ runs }) => (data?.implied ? undefined : runs[source]?.rows_by_port[sourceHandleId ?? ""]));
  const flows = useStanding(({ runs }) => runs[target]?.status === "running");
  const label = rows === undefined ? undefined : formatNumber(rows);
  return <BaseEdge id={id} className={flows ? "flows" : undefined} path={path} label={label} labelX={labelX} labelY={labelY} style={style} markerEnd={markerEnd} interactionWidth={interactionWidth} />;
}
