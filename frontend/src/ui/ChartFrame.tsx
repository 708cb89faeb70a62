import { Button, Group } from "@mantine/core";
import { type ReactNode, useRef, useState } from "react";
import { csv } from "../model/table";
import { formatNumber, t } from "../strings";
import { download } from "./download";

/** The figures of a chart as a table: its twin for eyes, ears and spreadsheets. */
export interface Twin {
  columns: string[];
  rows: unknown[][];
}

interface FrameProps {
  name: string;
  twin: Twin;
  children: ReactNode;
}

const MOST_ROWS = 500;

/** A chart with its name, its twin as a table, and both to take away. */
export function ChartFrame({ name, twin, children }: FrameProps) {
  const [table, setTable] = useState(false);
  const figure = useRef<HTMLDivElement>(null);
  const file = name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "-");
  const svg = () => {
    const drawn = figure.current?.querySelector("svg[role=img]");
    if (drawn) download(`${file}.svg`, "image/svg+xml", standalone(drawn as SVGSVGElement));
  };
  return (
    <figure className="chart" aria-label={name}>
      <Group justify="space-between" gap={4} wrap="nowrap">
        <figcaption>{name}</figcaption>
        <Group gap={2} wrap="nowrap">
          <Button size="compact-xs" variant="subtle" aria-pressed={table} onClick={() => setTable(!table)}>
            {table ? t.charts.asChart : t.charts.asTable}
          </Button>
          {!table && (
            <Button size="compact-xs" variant="subtle" aria-label={t.charts.exportSvg(name)} onClick={svg}>
              {t.charts.svg}
            </Button>
          )}
          <Button size="compact-xs" variant="subtle" aria-label={t.charts.exportCsv(name)} onClick={() => download(`${file}.csv`, "text/csv", csv(twin.columns, twin.rows))}>
            {t.charts.csv}
          </Button>
        </Group>
      </Group>
      <div ref={figure}>{table ? <TwinTable name={name} twin={twin} /> : children}</div>
    </figure>
  );
}

function TwinTable({ name, twin }: { name: string; twin: Twin }) {
  return (
    <div className="scroll twin" tabIndex={0} role="region" aria-label={name}>
      <table className="grid">
        <thead>
          <tr>
            {twin.columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {twin.rows.slice(0, MOST_ROWS).map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={twin.columns[column]} className={typeof cell === "number" ? "number" : undefined}>
                  {typeof cell === "number" ? formatNumber(cell, 4) : String(cell ?? "")}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The picture as a file of its own: colours of the theme become plain colours. */
export function standalone(svg: SVGSVGElement): string {
  const style = getComputedStyle(svg);
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const [, , width, height] = (svg.getAttribute("viewBox") ?? "0 0 300 300").split(" ");
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", width ?? "300");
  copy.setAttribute("height", height ?? "300");
  copy.setAttribute("font-family", "system-ui, sans-serif");
  copy.removeAttribute("style");
  const plain = (text: string): string => text.replaceAll(/var\((--[\w-]+)\)/g, (_, name: string) => style.getPropertyValue(name).trim() || "currentColor");
  return plain(plain(new XMLSerializer().serializeToString(copy)));
}
