import { Button, Group } from "@mantine/core";
import { type ReactNode, useRef, useState } from "react";
import { csv } from "../model/table";
import { formatCell, formatNumber, t } from "../strings";
import { download } from "./download";
import { asPng, standalone } from "./picture";

/** The figures of a chart as a table: its twin for eyes, ears and spreadsheets. */
export interface Twin {
  columns: string[];
  rows: unknown[][];
}

interface FrameProps {
  name: string;
  twin: Twin;
  /** Whether there is a picture to export; a chart that is a table has none. */
  picture?: boolean;
  /** Needs the whole width there is. */
  wide?: boolean;
  children: ReactNode;
}

const MOST_ROWS = 500;

/** A chart with its name, its twin as a table, and both to take away. */
export function ChartFrame({ name, twin, picture = true, wide = false, children }: FrameProps) {
  const [table, setTable] = useState(false);
  const figure = useRef<HTMLDivElement>(null);
  const file = name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "-").slice(0, 80);
  const drawn = () => figure.current?.querySelector<SVGSVGElement>("svg[role=img], .plot svg") ?? null;
  const svg = () => {
    const found = drawn();
    if (found) download(`${file}.svg`, new Blob([standalone(found)], { type: "image/svg+xml" }));
  };
  const png = async () => {
    const found = drawn();
    const made = found && (await asPng(found));
    if (made) download(`${file}.png`, made);
  };
  const action = (short: string, long: string, act: () => void) => (
    <Button size="compact-xs" variant="subtle" aria-label={long} onClick={act}>
      {short}
    </Button>
  );
  return (
    <figure className={wide ? "chart wide" : "chart"} aria-label={name}>
      <Group justify="space-between" gap={4}>
        <figcaption>{name}</figcaption>
        <Group gap={2} wrap="nowrap">
          {picture && (
            <Button size="compact-xs" variant="subtle" aria-pressed={table} onClick={() => setTable(!table)}>
              {table ? t.charts.asChart : t.charts.asTable}
            </Button>
          )}
          {picture && !table && action(t.charts.svg, t.charts.exportSvg(name), svg)}
          {picture && !table && action(t.plot.png, t.plot.exportPng(name), () => void png())}
          {action(t.charts.csv, t.charts.exportCsv(name), () => download(`${file}.csv`, new Blob([csv(twin.columns, twin.rows)], { type: "text/csv" })))}
        </Group>
      </Group>
      <div ref={figure}>{table ? <TwinTable name={name} twin={twin} /> : children}</div>
    </figure>
  );
}

/** Four digits may be a year. */
const figure = (cell: number): string => (Number.isInteger(cell) && Math.abs(cell) < 10_000 ? formatCell(cell) : formatNumber(cell, 4));

/** Rows and columns to read, at most 500 of them. */
export function TwinTable({ name, twin }: { name: string; twin: Twin }) {
  return (
    <div className="scroll twin" tabIndex={0} role="region" aria-label={name}>
      <table className="grid">
        <thead>
          <tr>
            {twin.columns.map((column, place) => (
              <th key={place} scope="col" className={typeof twin.rows[0]?.[place] === "number" ? "number" : undefined}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {twin.rows.slice(0, MOST_ROWS).map((row, index) => (
            <tr key={index}>
              {row.map((cell, place) => (
                <td key={place} className={typeof cell === "number" ? "number" : undefined}>
                  {typeof cell === "number" ? figure(cell) : String(cell ?? "")}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
