import type { Row } from "./table";

/** Pearson's correlation of every two number columns, over the rows where both are there. Pure. Null where one of them does not vary or fewer than three rows hold both. */
export function correlations(rows: readonly Row[], places: readonly number[]): (number | null)[][] {
  const columns = places.map((place) => rows.map((row) => asNumber(row[place])));
  const found: (number | null)[][] = columns.map(() => []);
  for (let a = 0; a < columns.length; a += 1) {
    for (let b = 0; b <= a; b += 1) {
      const value = pearson(columns[a] ?? [], columns[b] ?? []);
      (found[a] as (number | null)[])[b] = value;
      (found[b] as (number | null)[])[a] = value;
    }
  }
  return found;
}

const asNumber = (cell: unknown): number => (typeof cell === "number" ? cell : typeof cell === "boolean" ? Number(cell) : Number.NaN);

/** In two passes: means first, so that large values lose nothing. */
export function pearson(x: readonly number[], y: readonly number[]): number | null {
  const both = x.flatMap((value, index) => (Number.isFinite(value) && Number.isFinite(y[index] ?? Number.NaN) ? [[value, y[index] as number] as const] : []));
  if (both.length < 3) return null;
  const mean = (side: 0 | 1) => both.reduce((sum, pair) => sum + pair[side], 0) / both.length;
  const [mx, my] = [mean(0), mean(1)];
  let [xx, yy, xy] = [0, 0, 0];
  for (const [a, b] of both) {
    xx += (a - mx) ** 2;
    yy += (b - my) ** 2;
    xy += (a - mx) * (b - my);
  }
  return xx > 0 && yy > 0 ? Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy))) : null;
}
