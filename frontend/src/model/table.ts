import type { Column } from "./types";

/** Rows as a person looks at them: filtered, sorted, written as CSV. Pure; a missing cell is null. */
export type Row = readonly unknown[];

export type Filter = { keep: (row: Row) => boolean } | { unknown: string };

const CONDITION = /^\s*(.+?)\s*(?:(>=|<=|!=|=|>|<)\s*(.*?)|\b(is not empty|is empty)|\bcontains\s+(.*?))\s*$/i;

/** Conditions such as `age > 30, sex = female, cabin is empty`, all of which must hold; what is no condition is a word that some cell holds. */
export function filter(text: string, columns: readonly Column[]): Filter {
  const tests: ((row: Row) => boolean)[] = [];
  for (const clause of text.split(",")) {
    if (!clause.trim()) continue;
    const found = CONDITION.exec(clause);
    if (!found) {
      tests.push(holds(clause));
      continue;
    }
    const name = (found[1] ?? "").trim();
    const at = columnAt(columns, name);
    if (at < 0) return { unknown: name };
    tests.push(condition(at, found));
  }
  return { keep: (row) => tests.every((test) => test(row)) };
}

const columnAt = (columns: readonly Column[], name: string): number => {
  const exact = columns.findIndex((column) => column.name === name);
  return exact >= 0 ? exact : columns.findIndex((column) => column.name.toLowerCase() === name.toLowerCase());
};

function holds(word: string): (row: Row) => boolean {
  const wanted = word.trim().toLowerCase();
  return (row) => row.some((cell) => cell !== null && String(cell).toLowerCase().includes(wanted));
}

function condition(at: number, [, , operator, value, emptiness, part]: RegExpExecArray): (row: Row) => boolean {
  if (emptiness) {
    const empty = !/not/i.test(emptiness);
    return (row) => isMissing(row[at]) === empty;
  }
  if (part !== undefined) return (row) => !isMissing(row[at]) && String(row[at]).toLowerCase().includes(part.toLowerCase());
  const wanted = value ?? "";
  return (row) => {
    const cell = row[at];
    if (isMissing(cell)) return operator === "!=";
    const order = compare(cell, wanted);
    switch (operator) {
      case "=":
        return order === 0;
      case "!=":
        return order !== 0;
      case ">":
        return order > 0;
      case "<":
        return order < 0;
      case ">=":
        return order >= 0;
      default:
        return order <= 0;
    }
  };
}

const isMissing = (cell: unknown): boolean => cell === null || cell === undefined || cell === "";

const numeric = (cell: unknown): number => (typeof cell === "number" ? cell : typeof cell === "string" && cell.trim() !== "" ? Number(cell) : Number.NaN);

const words = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** Numbers by size, everything else as people sort words. */
export function compare(a: unknown, b: unknown): number {
  const [x, y] = [numeric(a), numeric(b)];
  if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y;
  return words.compare(String(a), String(b));
}

const MIDNIGHT = " 00:00:00";

/** Places of the columns of instants that are days: none of their cells says a time. */
export const days = (columns: readonly Column[], rows: readonly Row[]): ReadonlySet<number> =>
  new Set(columns.flatMap((column, at) => (column.type === "datetime" && rows.every((row) => isMissing(row[at]) || String(row[at]).endsWith(MIDNIGHT)) ? [at] : [])));

/** A day without the time that it does not have. */
export const dayOf = (cell: unknown): string => String(cell).replace(MIDNIGHT, "");

/** Sorted by a column; missing cells come last in both directions, equal rows keep their order. */
export function sorted(rows: readonly Row[], at: number, direction: 1 | -1): Row[] {
  return [...rows].sort((a, b) => {
    const [x, y] = [a[at], b[at]];
    if (isMissing(x) || isMissing(y)) return Number(isMissing(x)) - Number(isMissing(y));
    return direction * compare(x, y);
  });
}

/** As RFC 4180 has it: quotes where they are needed, CRLF, empty for missing. */
export function csv(columns: readonly string[], rows: Iterable<Row>): string {
  const line = (cells: Row) => cells.map(cellText).join(",");
  const lines = [line(columns)];
  for (const row of rows) lines.push(line(row));
  return `${lines.join("\r\n")}\r\n`;
}

function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return "";
  const text = String(cell);
  // A lone empty text is quoted, so that it is not read back as missing.
  return text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
