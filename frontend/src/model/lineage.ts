/** Where things of a lineage graph are drawn: a column for each kind, things near what they are linked to. Pure. */
export interface Thing {
  id: string;
  kind: string;
  name: string;
}

export interface Link {
  source: string;
  target: string;
}

export interface Placed extends Thing {
  column: number;
  row: number;
}

export const KINDS = ["dataset", "run", "version", "endpoint"] as const;

export function placed(things: readonly Thing[], links: readonly Link[]): Placed[] {
  const row = new Map<string, number>();
  const columns = KINDS.map((kind) => things.filter((thing) => thing.kind === kind));
  for (const column of columns) {
    const wanted = (thing: Thing): number => {
      const before = links.filter((link) => link.target === thing.id).flatMap((link) => row.get(link.source) ?? []);
      return before.length ? before.reduce((sum, one) => sum + one, 0) / before.length : 0;
    };
    const sorted = [...column].sort((a, b) => wanted(a) - wanted(b) || a.name.localeCompare(b.name, undefined, { numeric: true }));
    for (const [place, thing] of sorted.entries()) row.set(thing.id, place);
  }
  return columns.flatMap((column, at) => column.map((thing) => ({ ...thing, column: at, row: row.get(thing.id) ?? 0 })));
}

const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TIME_DIGITS = 10;

/** When a thing was made, as its id tells: the first ten digits of a ULID are milliseconds. Null where the id tells nothing. */
export function madeAt(id: string): Date | null {
  const digits = /_([0-9A-HJKMNP-TV-Z]{26})$/.exec(id)?.[1]?.slice(0, TIME_DIGITS);
  return digits ? new Date([...digits].reduce((sum, digit) => sum * DIGITS.length + DIGITS.indexOf(digit), 0)) : null;
}

/** Where a thing lives in the canvas. */
export function addressOf(thing: Thing): string | null {
  const own = thing.id.slice(thing.kind.length + 1);
  if (thing.kind === "dataset") return `/data/${own}`;
  if (thing.kind === "run") return `/runs/${own}`;
  if (thing.kind === "endpoint") return `/endpoints/${own}`;
  return thing.kind === "version" ? `/models/${encodeURIComponent(own.slice(0, own.lastIndexOf("/")))}?version=${own.slice(own.lastIndexOf("/") + 1)}` : null;
}
