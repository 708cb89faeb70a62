import { IconAbc, IconCalendar, IconHash, IconNumber123, IconToggleLeft } from "@tabler/icons-react";
import { formatNumber, formatPercent, t } from "../strings";

export interface ColumnProfile {
  name: string;
  type: string;
  missing: number;
  distinct: number;
  distinct_estimated?: boolean;
  min?: number | string | null;
  max?: number | string | null;
  mean?: number | null;
  std?: number | null;
  quantiles?: Record<string, number | null> | null;
  histogram?: { edges?: number[]; counts: number[] } | null;
  top?: { value: string; count: number }[] | null;
  warnings?: string[];
}

export interface Preview {
  row_count: number;
  columns: ColumnProfile[];
  rows: unknown[][];
  /** Why these rows are not those of the stored file: a recipe is shown on them. */
  note?: string | null;
}

const ICONS = { integer: IconHash, number: IconNumber123, text: IconAbc, boolean: IconToggleLeft, datetime: IconCalendar } as const;

export function TypeSign({ type }: { type: string }) {
  const Sign = ICONS[type as keyof typeof ICONS] ?? IconAbc;
  return <Sign size={14} stroke={1.8} role="img" aria-label={t.table.types[type] ?? type} />;
}

/** A column at one glance: type, name, what is missing, how it spreads. */
export function ColumnHead({ column, rows, tall = false }: { column: ColumnProfile; rows: number; tall?: boolean }) {
  const share = rows ? column.missing / rows : 0;
  const gaps = column.missing ? t.table.missing(formatNumber(column.missing), formatPercent(share)) : t.table.complete;
  const distinct = (column.distinct_estimated ? "≈ " : "") + t.table.distinct(column.distinct);
  const warnings = (column.warnings ?? []).map((one) => t.table.warnings[one] ?? one);
  return (
    <span className="column-head" title={[column.name, t.table.types[column.type] ?? column.type, gaps, distinct, ...warnings].join(" · ")}>
      <span className="column-name">
        <TypeSign type={column.type} />
        <b>{column.name}</b>
      </span>
      <span className="missing-bar" role="img" aria-label={gaps}>
        <i style={{ width: `${100 * (1 - share)}%` }} />
      </span>
      <Shape column={column} height={tall ? 44 : 24} />
      <small>{column.missing ? gaps : distinct}</small>
      {warnings.length > 0 && <small className="column-warning">{warnings.join(", ")}</small>}
    </span>
  );
}

/** A histogram of numbers, or bars of the most frequent values: drawn by hand, so that a hundred columns stay instant. */
function Shape({ column, height }: { column: ColumnProfile; height: number }) {
  const counts = column.histogram?.counts ?? column.top?.map((one) => one.count) ?? [];
  if (counts.length === 0) return <span style={{ height }} />;
  const most = Math.max(1, ...counts);
  const width = 100 / counts.length;
  const label = column.histogram ? t.plot.spread(column.name) : t.plot.frequent(column.top?.map((one) => one.value).slice(0, 5) ?? []);
  return (
    <svg viewBox={`0 0 100 ${height}`} width="100%" height={height} preserveAspectRatio="none" role="img" aria-label={label}>
      {counts.map((count, index) => {
        const tall = ((height - 2) * count) / most;
        return <rect key={index} x={index * width} y={height - tall} width={Math.max(0.5, width - 0.8)} height={tall} fill="var(--series-1)" fillOpacity="0.7" />;
      })}
    </svg>
  );
}
