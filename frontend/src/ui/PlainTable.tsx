import type { ReactNode } from "react";

interface PlainTableProps {
  /** What it is, for screen readers. */
  name: string;
  head: readonly string[];
  rows: readonly { key: string; cells: readonly ReactNode[] }[];
  /** Columns of quantities, by place. */
  numbers?: readonly number[];
  maxHeight?: string;
}

/** A short table for reading: words wrap, quantities stand to the right, and what is too wide is pushed aside. */
export function PlainTable({ name, head, rows, numbers = [], maxHeight }: PlainTableProps) {
  const kind = (place: number) => (numbers.includes(place) ? "number" : undefined);
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={name} style={{ maxHeight }}>
      <table className="grid plain-rows">
        <thead>
          <tr>
            {head.map((one, place) => (
              <th key={place} scope="col" className={kind(place)}>
                {one}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key}>
              {row.cells.map((cell, place) => (
                <td key={place} className={kind(place)}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
