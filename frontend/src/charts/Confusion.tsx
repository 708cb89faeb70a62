import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { formatNumber, formatPercent, shortened, t } from "../strings";
import { ChartFrame } from "../ui/ChartFrame";

const CELL = 56;
const LETTER = 7;
const MOST_LETTERS = 20;
/** More classes make no picture that anybody could look at; the table and its file hold them all. */
const MANY = 40;

interface Cells {
  labels: string[];
  counts: number[][];
}

interface ConfusionProps extends Cells {
  name?: string | undefined;
  /** A cell was chosen: its rows are wanted. */
  onCell?: ((truth: string, predicted: string) => void) | undefined;
}

/** Counts of truth against prediction; the shade follows the share within the true class. A picture for the file, a table for people. */
export function Confusion({ labels, counts, name = t.charts.confusion, onCell }: ConfusionProps) {
  const [percent, setPercent] = useState("count");
  const rows = labels.map((label, index) => ({ label, cells: counts[index] ?? [], total: (counts[index] ?? []).reduce((sum, one) => sum + one, 0) }));
  const show = (count: number, total: number) => (percent === "percent" ? formatPercent(total ? count / total : 0) : formatNumber(count));
  const twin = { columns: [t.charts.truthPrediction, ...labels], rows: rows.map((row) => [row.label, ...row.cells]) };
  return (
    <ChartFrame name={name} twin={twin} picture={labels.length <= MANY}>
      <div className="scroll confusion-window" tabIndex={0} role="region" aria-label={name}>
        <table className="confusion">
          <caption className="visually-hidden">{name}</caption>
          <thead>
            <tr>
              <th scope="col" rowSpan={2} className="corner">
                {t.charts.truth}
              </th>
              <th scope="colgroup" colSpan={labels.length}>
                {t.charts.predicted}
              </th>
            </tr>
            <tr>
              {labels.map((label) => (
                <th key={label} scope="col" title={label}>
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ label, cells, total }) => (
              <tr key={label}>
                <th scope="row" title={label}>
                  {label}
                </th>
                {cells.map((count, column) => (
                  <td key={labels[column]} style={{ background: `rgba(var(--heat), calc(var(--heat-most) * ${total ? count / total : 0}))` }} title={t.charts.ofRows(count, total)}>
                    {onCell && count > 0 ? (
                      <button type="button" className="cell" aria-label={t.plot.rowsOf(label, labels[column] ?? "", count)} onClick={() => onCell(label, labels[column] ?? "")}>
                        {show(count, total)}
                      </button>
                    ) : (
                      show(count, total)
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <SegmentedControl
        size="xs"
        mt={4}
        aria-label={name}
        value={percent}
        onChange={setPercent}
        data={[
          { value: "count", label: t.charts.count },
          { value: "percent", label: t.charts.percent },
        ]}
      />
      {percent === "percent" && <p className="plot-note">{t.charts.percentHint}</p>}
      {labels.length <= MANY && <Picture labels={labels} counts={counts} show={show} />}
    </ChartFrame>
  );
}

const cut = (label: string): string => shortened(label, MOST_LETTERS);

/** The same as SVG, for the export alone. Long names lean, so that each stands at its column. */
function Picture({ labels, counts, show }: Cells & { show: (count: number, total: number) => string }) {
  const longest = Math.max(...labels.map((label) => cut(label).length)) * LETTER;
  const side = Math.max(CELL, Math.max(...counts.flat().map((count) => formatNumber(count).length)) * LETTER + 14);
  const [left, leaning] = [longest + 40, longest > side];
  const top = (leaning ? longest * 0.7 : 14) + 40;
  const [width, height] = [left + labels.length * side + (leaning ? longest * 0.7 : 8), top + labels.length * side + 8];
  return (
    <svg className="visually-hidden" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={t.charts.confusion} aria-hidden>
      <rect width={width} height={height} fill="var(--card)" />
      <g fontSize="12" textAnchor="middle" fill="var(--mantine-color-text)">
        <text x={left + (labels.length * side) / 2} y={16}>
          {t.charts.predicted}
        </text>
        <text transform={`translate(16 ${top + (labels.length * side) / 2}) rotate(-90)`}>{t.charts.truth}</text>
        {labels.map((label, row) => {
          const total = (counts[row] ?? []).reduce((sum, one) => sum + one, 0);
          const across = left + row * side + side / 2;
          const down = top + row * side + side / 2;
          return (
            <g key={label}>
              <text transform={`translate(${across} ${top - 8})${leaning ? " rotate(-45)" : ""}`} textAnchor={leaning ? "start" : "middle"}>
                {cut(label)}
              </text>
              <text x={left - 8} y={down + 4} textAnchor="end">
                {cut(label)}
              </text>
              {(counts[row] ?? []).map((count, column) => (
                <g key={labels[column]}>
                  <rect x={left + column * side + 1} y={top + row * side + 1} width={side - 2} height={side - 2} fill="var(--series-1)" fillOpacity={0.05 + 0.4 * (total ? count / total : 0)} />
                  <text x={left + column * side + side / 2} y={down + 4}>
                    {show(count, total)}
                  </text>
                </g>
              ))}
            </g>
          );
        })}
      </g>
    </svg>
  );
}
