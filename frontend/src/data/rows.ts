import { decompress } from "fzstd";
import { type AsyncBuffer, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import type { Row } from "../model/table";

/** Whole tables from the bucket, read in the browser. A chunk of its own. */

const compressors = { ZSTD: (input: Uint8Array) => decompress(input) };
/** More rows than this are not kept in a browser tab. */
export const MOST_ROWS = 200_000;

export interface Rows {
  columns: string[];
  rows: Row[];
  total: number;
}

/** The rows of a Parquet file at an address that expires. Raises what the network or the file gives. */
export async function readRows(address: string): Promise<Rows> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  return rowsOf(await response.arrayBuffer());
}

export async function rowsOf(file: AsyncBuffer): Promise<Rows> {
  const metadata = await parquetMetadataAsync(file);
  const columns = metadata.schema.slice(1).map((one) => one.name);
  const total = Number(metadata.num_rows);
  const objects = await parquetReadObjects({ file, metadata, compressors, rowEnd: Math.min(total, MOST_ROWS) });
  return { columns, total, rows: objects.map((object) => columns.map((column) => plain(object[column]))) };
}

/** Cells as the preview has them: whole numbers that JavaScript holds stay numbers, instants become text, nothing is null. */
function plain(cell: unknown): unknown {
  if (cell === undefined || cell === null) return null;
  if (typeof cell === "bigint") return cell >= BigInt(Number.MIN_SAFE_INTEGER) && cell <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(cell) : String(cell);
  if (typeof cell === "number") return Number.isNaN(cell) ? null : cell;
  if (cell instanceof Date) return cell.toISOString().replace("T", " ").replace(/\.000Z$|Z$/, "");
  if (typeof cell === "object") return JSON.stringify(cell);
  return cell;
}

