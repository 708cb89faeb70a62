import { dayOf } from "../model/table";
import { formatCell, formatNumber, t } from "../strings";
import { ChartFrame } from "../ui/ChartFrame";
import { ColumnHead, type ColumnProfile } from "../data/ColumnHead";
import { type Chart, list, number } from "./kinds";

/** Each column of a table with its shape: the profile as a chart of its own. */
export function ProfileChart({ chart }: { chart: Chart }) {
  const columns = list<ColumnProfile>(chart, "columns");
  const name = chart.title || t.plot.profile;
  return (
    <ChartFrame name={name} twin={profileTwin(columns)} picture={false} wide>
      <Columns columns={columns} rows={number(chart, "rows") ?? 0} />
    </ChartFrame>
  );
}

export const profileTwin = (columns: readonly ColumnProfile[]) => ({
  columns: [t.charts.feature, t.plot.type, t.data.missing, t.data.distinct, t.plot.least, t.plot.mean, t.plot.median, t.plot.most, t.plot.deviation],
  rows: columns.map((one) => [one.name, one.type, one.missing, one.distinct, one.min ?? null, one.mean ?? null, one.quantiles?.p50 ?? null, one.max ?? null, one.std ?? null]),
});

/** One card a column: type, gaps, shape, and its figures. */
export function Columns({ columns, rows }: { columns: readonly ColumnProfile[]; rows: number }) {
  return (
    <div className="profile-cards">
      {columns.map((column) => (
        <div key={column.name} className="profile-card">
          <ColumnHead column={column} rows={rows} tall />
          <dl>
            {figures(column).map(([title, value]) => (
              <div key={title}>
                <dt>{title}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </div>
      ))}
    </div>
  );
}

function figures(column: ColumnProfile): [string, string][] {
  const daily = column.type === "datetime" && [column.min, column.max].every((one) => dayOf(one) !== String(one));
  // What stands in the column reads as a cell does, what is made of it as a figure.
  const cell = (value: unknown): string => (typeof value === "number" ? formatCell(value) : daily ? dayOf(value ?? "") : String(value ?? ""));
  const made = (value: number | null | undefined): string => (typeof value === "number" ? formatNumber(value) : "");
  const all: [string, string][] = [
    [t.plot.least, cell(column.min)],
    [t.plot.mean, made(column.mean)],
    [t.plot.median, cell(column.quantiles?.p50)],
    [t.plot.most, cell(column.max)],
    [t.plot.deviation, made(column.std)],
  ];
  const known = all.filter(([, value]) => value !== "");
  return known.length ? known : (column.top ?? []).slice(0, 5).map((one) => [one.value, formatNumber(one.count)]);
}
