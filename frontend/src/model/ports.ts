import { t } from "../strings";
import type { Row } from "./table";
import type { NodeType } from "./types";

/** What a manifest says of a stored table: an output port, or rows that lie beside the result. */
export interface StoredTable {
  name: string;
  title: string;
  sha256: string | null;
  bytes: number | null;
  about: Attached | null;
}

/** Which columns of attached predictions are what. */
export interface Attached {
  truth: string;
  predicted: string;
}

type Entry = { kind?: string; sha256?: string; bytes?: number; about?: Attached };

/** Every table of a node run that can be looked at, ports first. Without a manifest: the ports that will have one. */
export function tablesOf(type: NodeType | undefined, manifest: Record<string, unknown> | null): StoredTable[] {
  const outputs = (manifest?.outputs ?? {}) as Record<string, Entry>;
  const there = (port: string) => manifest === null || ![undefined, "closed"].includes(outputs[port]?.kind);
  const ports = (type?.outputs ?? []).filter((port) => port.kind === "table" && there(port.name)).map((port) => stored(port.name, port.title, outputs[port.name]));
  const attached = Object.entries((manifest?.attachments ?? {}) as Record<string, Entry>);
  return [...ports, ...attached.map(([name, entry]) => stored(name, t.plot.attached(name), entry))];
}

const stored = (name: string, title: string, entry: Entry | undefined): StoredTable => ({
  name,
  title,
  sha256: entry?.sha256 ?? null,
  bytes: entry?.bytes ?? null,
  about: entry?.about ?? null,
});

/** The rows behind a cell of a confusion matrix. Classes are compared as people read them: 1, 1.0 and "1" are one class. */
export function cellRows(about: Attached, cell: { truth: string; predicted: string }): (row: Row, columns: readonly string[]) => boolean {
  return (row, columns) => {
    const at = (name: string) => row[columns.indexOf(name)];
    return same(at(about.truth), cell.truth) && same(at(about.predicted), cell.predicted);
  };
}

function same(cell: unknown, label: string): boolean {
  if (cell === null || cell === undefined) return false;
  const text = String(cell);
  if (text === label || text.toLowerCase() === label.toLowerCase()) return true;
  return text.trim() !== "" && label.trim() !== "" && Number(text) === Number(label);
}
