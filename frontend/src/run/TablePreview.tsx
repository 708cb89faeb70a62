import { formatNumber, t } from "../strings";

export interface ColumnProfile {
  name: string;
  type: string;
  missing: number;
  distinct: number;
  histogram?: { counts: number[] };
  top?: { value: string; count: number }[];
}

export interface Preview {
  row_count: number;
  columns: ColumnProfile[];
  rows: unknown[][];
}

/** The first rows of a table, each column with its type, its gaps and its shape. */
export function TablePreview({ preview }: { preview: Preview }) {
  return (
    <>
      <p className="group-title">
        {formatNumber(preview.row_count)} {t.data.rows}, {preview.columns.length} {t.data.columns}
      </p>
      <div className="scroll" tabIndex={0} role="region" aria-label={t.panel.data}>
        <table className="grid">
          <thead>
            <tr>
              {preview.columns.map((column) => (
                <th key={column.name} scope="col" title={column.name}>
                  {column.name}
                  <small>{summary(column)}</small>
                  <Shape column={column} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {preview.rows.map((row, index) => (
              <tr key={index}>
                {row.map((cell, column) => (
                  <td key={preview.columns[column]?.name ?? column} className={typeof cell === "number" ? "number" : undefined} title={String(cell ?? "")}>
                    {cell === null ? "" : typeof cell === "number" ? formatNumber(cell) : String(cell)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function summary(column: ColumnProfile): string {
  const gaps = column.missing ? ` · ${formatNumber(column.missing)} ${t.data.missing}` : "";
  return `${column.type} · ${formatNumber(column.distinct)} ${t.data.distinct}${gaps}`;
}

/** A histogram of numbers, or bars of the most frequent values: forty lines of SVG instead of a chart library. */
function Shape({ column }: { column: ColumnProfile }) {
  const counts = column.histogram?.counts ?? column.top?.map((one) => one.count) ?? [];
  const most = Math.max(1, ...counts);
  const width = 90 / Math.max(1, counts.length);
  return (
    <svg viewBox="0 0 90 24" width="90" height="24" aria-hidden>
      {counts.map((count, index) => (
        <rect key={index} x={index * width} y={24 - (22 * count) / most} width={Math.max(1, width - 1)} height={(22 * count) / most} fill="var(--table)" fillOpacity="0.65" />
      ))}
    </svg>
  );
}
