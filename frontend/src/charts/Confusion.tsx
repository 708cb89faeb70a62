import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { formatNumber, formatPercent, t } from "../strings";
import { ChartFrame } from "../ui/ChartFrame";

const CELL = 56;
const HEAD = 70;
const MANY = 30;

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
    <ChartFrame name={name} twin={twin}>
      <div className="scroll" tabIndex={0} role="region" aria-label={name}>
        <table className="confusion">
          <caption className="visually-hidden">{name}</caption>
          <thead>
            <tr>
              <th scope="col">{t.charts.truthPrediction}</th>
              {labels.map((label) => (
                <th key={label} scope="col">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ label, cells, total }) => (
              <tr key={label}>
                <th scope="row">{label}</th>
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
      {labels.length <= MANY && <Picture labels={labels} counts={counts} show={show} />}
    </ChartFrame>
  );
}

/** The same as SVG, for the export alone. */
function Picture({ labels, counts, show }: Cells & { show: (count: number, total: number) => string }) {
  const size = HEAD + labels.length * CELL;
  return (
    <svg className="visually-hidden" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={t.charts.confusion} aria-hidden>
      <rect width={size} height={size} fill="var(--card)" />
      <g fontSize="12" textAnchor="middle" fill="var(--mantine-color-text)">
        {labels.map((label, row) => {
          const total = (counts[row] ?? []).reduce((sum, one) => sum + one, 0);
          const middle = HEAD + row * CELL + CELL / 2;
          return (
            <g key={label}>
              <text x={middle} y={HEAD - 10}>
                {label}
              </text>
              <text x={HEAD - 8} y={middle + 4} textAnchor="end">
                {label}
              </text>
              {(counts[row] ?? []).map((count, column) => (
                <g key={labels[column]}>
                  <rect x={HEAD + column * CELL + 1} y={HEAD + row * CELL + 1} width={CELL - 2} height={CELL - 2} fill="var(--series-1)" fillOpacity={0.05 + 0.4 * (total ? count / total : 0)} />
                  <text x={HEAD + column * CELL + CELL / 2} y={middle + 4}>
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
