import { Button, Group, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconArrowDown, IconArrowUp, IconFilter } from "@tabler/icons-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useMemo, useRef, useState } from "react";
import { csv, dayOf, days, filter, type Row, sorted } from "../model/table";
import { formatCell, t } from "../strings";
import { download } from "../ui/download";
import { ColumnHead, type ColumnProfile } from "./ColumnHead";

interface DataTableProps {
  name: string;
  columns: readonly ColumnProfile[];
  rows: readonly Row[];
  /** Rows that the whole table has. */
  total: number;
  /** Rows that the profiles of the columns are of. */
  of: number;
  /** More to do with the table: load all rows, download the file. */
  actions?: ReactNode;
  height?: number | string;
}

const ROW_PIXELS = 26;
const COLUMN_PIXELS = 150;
const ACROSS_FROM = 20;

/** Rows in a window that only draws what is seen, down and across: sort by a column's name, filter by words or conditions. */
export function DataTable({ name, columns, rows, total, of, actions, height = "100%" }: DataTableProps) {
  const [text, setText] = useState("");
  const [wanted] = useDebouncedValue(text, 150);
  const [order, setOrder] = useState<{ at: number; direction: 1 | -1 } | null>(null);
  const kept = useMemo(() => filter(wanted, columns as ColumnProfile[]), [wanted, columns]);
  const shown = useMemo(() => {
    const found = "keep" in kept ? rows.filter(kept.keep) : rows;
    return order ? sorted(found, order.at, order.direction) : found;
  }, [rows, kept, order]);
  const names = columns.map((column) => column.name);
  const turn = (at: number) => setOrder((known) => (known?.at !== at ? { at, direction: 1 } : known.direction === 1 ? { at, direction: -1 } : null));
  const save = () => download(`${name}.csv`, new Blob([csv(names, shown)], { type: "text/csv" }));
  return (
    <div className="data-table" style={{ height }}>
      <Group gap="sm" mb={6} wrap="wrap">
        <TextInput
          size="xs"
          w={420}
          maw="100%"
          aria-label={t.table.filter}
          placeholder={t.table.filterHint}
          leftSection={<IconFilter size={14} aria-hidden />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          error={"unknown" in kept ? t.table.filterWrong(kept.unknown) : null}
        />
        <Text size="xs" c="dimmed" role="status">
          {shown.length === rows.length ? (rows.length < total ? t.table.firstRows(rows.length, total) : t.table.rows(total)) : t.table.shown(shown.length, rows.length)}, {t.table.columns(columns.length)}
        </Text>
        <Button size="compact-xs" variant="default" onClick={save}>
          {t.table.csv}
        </Button>
        {actions}
      </Group>
      <Windowed name={name} columns={columns} rows={shown} total={of} order={order} onSort={turn} />
    </div>
  );
}

interface WindowedProps {
  name: string;
  columns: readonly ColumnProfile[];
  rows: readonly Row[];
  total: number;
  order: { at: number; direction: 1 | -1 } | null;
  onSort: (at: number) => void;
}

function Windowed({ name, columns, rows, total, order, onSort }: WindowedProps) {
  const frame = useRef<HTMLDivElement>(null);
  const down = useVirtualizer({ count: rows.length, getScrollElement: () => frame.current, estimateSize: () => ROW_PIXELS, overscan: 12 });
  const across = useVirtualizer({ count: columns.length, horizontal: true, getScrollElement: () => frame.current, estimateSize: () => COLUMN_PIXELS, overscan: 4, enabled: columns.length > ACROSS_FROM });
  // A few columns share the width that is there.
  const narrow = columns.length <= ACROSS_FROM;
  const seen = !narrow ? across.getVirtualItems().map((one) => one.index) : columns.map((_, index) => index);
  const [first, last] = [seen[0] ?? 0, seen.at(-1) ?? 0];
  const before = first * COLUMN_PIXELS;
  const after = Math.max(0, columns.length - 1 - last) * COLUMN_PIXELS;
  const dated = useMemo(() => days(columns as ColumnProfile[], rows), [columns, rows]);
  const items = down.getVirtualItems();
  const above = items[0]?.start ?? 0;
  const below = Math.max(0, down.getTotalSize() - (items.at(-1)?.end ?? 0));
  const edge = (pixels: number, tag: "th" | "td", key: string) => {
    const Tag = tag;
    return pixels > 0 ? <Tag key={key} aria-hidden style={{ width: pixels, minWidth: pixels, padding: 0 }} /> : null;
  };
  return (
    <div ref={frame} className="table-window" tabIndex={0} role="region" aria-label={name}>
      <table className="grid wide" aria-rowcount={rows.length + 1} aria-colcount={columns.length} style={{ width: narrow ? `max(100%, ${columns.length * COLUMN_PIXELS}px)` : columns.length * COLUMN_PIXELS }}>
        <thead>
          <tr>
            {edge(before, "th", "before")}
            {seen.map((at) => {
              const column = columns[at];
              if (!column) return null;
              const sort = order?.at === at ? (order.direction === 1 ? "ascending" : "descending") : "none";
              return (
                <th key={at} scope="col" aria-sort={sort} aria-colindex={at + 1} style={narrow ? undefined : { width: COLUMN_PIXELS, minWidth: COLUMN_PIXELS }}>
                  <button type="button" className="column-button" onClick={() => onSort(at)}>
                    <span className="visually-hidden">{t.table.sort(column.name)}</span>
                    <ColumnHead column={column} rows={total} />
                    {sort === "ascending" ? <IconArrowUp size={14} aria-hidden className="sort-sign" /> : sort === "descending" ? <IconArrowDown size={14} aria-hidden className="sort-sign" /> : null}
                  </button>
                </th>
              );
            })}
            {edge(after, "th", "after")}
          </tr>
        </thead>
        <tbody>
          {above > 0 && <tr aria-hidden style={{ height: above }} />}
          {items.map(({ index }) => (
            <tr key={index} aria-rowindex={index + 2} style={{ height: ROW_PIXELS }}>
              {edge(before, "td", "before")}
              {seen.map((at) => (
                <Cell key={at} value={rows[index]?.[at]} day={dated.has(at)} />
              ))}
              {edge(after, "td", "after")}
            </tr>
          ))}
          {below > 0 && <tr aria-hidden style={{ height: below }} />}
        </tbody>
      </table>
      {rows.length === 0 && <p className="plot-note">{t.table.noMatch}</p>}
    </div>
  );
}

function Cell({ value, day }: { value: unknown; day: boolean }) {
  if (value === null || value === undefined) return <td className="nothing">–</td>;
  if (typeof value === "number") return <td className="number" title={String(value)}>{formatCell(value)}</td>;
  const words = day ? dayOf(value) : String(value);
  return <td title={words}>{words}</td>;
}
