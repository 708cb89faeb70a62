import { Link } from "wouter";
import { useLineage } from "../api/queries";
import { addressOf, KINDS, madeAt, placed } from "../model/lineage";
import { formatInstant, t } from "../strings";
import { Empty, Loaded } from "../ui/Page";

const CELL = { width: 230, height: 46 };
const GAP = 60;
const ROW = 56;

/** What a thing comes from and what came from it, all the way in both directions. Each is a link; the picture only draws the lines. */
export default function Lineage({ of, title, chosen }: { of: string; title: string; chosen?: string }) {
  const query = useLineage(of);
  return (
    <section aria-label={title}>
      <h2 className="group-title">{title}</h2>
      <Loaded query={query}>
        {({ things, links }) => {
          if (things.length === 0) return <Empty text={t.site.noLineage} />;
          const all = placed(things, links);
          const at = new Map(all.map((one) => [one.id, { x: one.column * (CELL.width + GAP), y: 26 + one.row * ROW }]));
          const height = 26 + Math.max(...all.map((one) => one.row + 1)) * ROW;
          const width = KINDS.length * (CELL.width + GAP) - GAP;
          return (
            <div className="scroll" tabIndex={0} role="region" aria-label={title}>
              <div className="lineage" style={{ width, height }}>
                <svg width={width} height={height} aria-hidden>
                  {links.map((link) => {
                    const [from, to] = [at.get(link.source), at.get(link.target)];
                    if (!from || !to) return null;
                    const [x1, y1, x2, y2] = [from.x + CELL.width, from.y + CELL.height / 2, to.x, to.y + CELL.height / 2];
                    return <path key={`${link.source} ${link.target}`} d={`M${x1},${y1}C${x1 + 40},${y1} ${x2 - 40},${y2} ${x2},${y2}`} stroke="var(--calm)" strokeWidth="1.4" fill="none" />;
                  })}
                </svg>
                {KINDS.map((kind, column) => (
                  <span key={kind} className="lineage-head" style={{ left: column * (CELL.width + GAP) }}>
                    {t.site.kinds[kind]}
                  </span>
                ))}
                {all.map((one) => (
                  <Link key={one.id} href={addressOf(one) ?? "/"} className={one.id === (chosen ?? of) ? "lineage-thing here" : "lineage-thing"} style={{ left: at.get(one.id)?.x, top: at.get(one.id)?.y, width: CELL.width, height: CELL.height }} title={one.name}>
                    <span>{one.name}</span>
                    {one.kind === "run" && madeAt(one.id) && <small>{formatInstant(madeAt(one.id)?.toISOString() ?? "")}</small>}
                  </Link>
                ))}
              </div>
            </div>
          );
        }}
      </Loaded>
    </section>
  );
}
