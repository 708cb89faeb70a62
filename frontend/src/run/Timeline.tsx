import { useElementSize } from "@mantine/hooks";
import { useEffect, useState } from "react";
import type { Run } from "../api/client";
import { isFinal } from "../api/queries";
import { whyWords } from "../model/reasons";
import { ticks, timeline } from "../model/timeline";
import { formatDollars, formatNumber, formatSeconds, shortened, t } from "../strings";
import { ChartFrame } from "../ui/ChartFrame";
import { Status } from "../ui/Status";

interface TimelineProps {
  run: Run;
  inputs: ReadonlyMap<string, readonly string[]>;
  names: (node: string) => string;
}

const BAR = 30;
const NAME = 190;
const MONEY = 84;
const HEAD = 26;
const EDGE = 14;
/** Before it is measured. */
const USUAL = 900;
/** Below this many pixels name and cost stand above the bar, which then has the whole width. */
const NARROW = 560;
const LETTER = 7;

/** When each node waited, started up and worked, and what it cost; the chain that decided the end is marked. */
export function Timeline({ run, inputs, names }: TimelineProps) {
  const now = useNow(!isFinal(run));
  const { bars, length } = timeline(run, inputs, now);
  const { ref, width: measured } = useElementSize();
  if (bars.length === 0) return <p>{t.run.timelineEmpty}</p>;
  const width = Math.max(240, measured || USUAL);
  const narrow = width < NARROW;
  const [left, right] = narrow ? [2, EDGE] : [NAME, MONEY];
  const x = (seconds: number) => left + (seconds / length) * (width - left - right);
  const path = bars.filter((bar) => bar.critical);
  const twin = {
    columns: [t.run.node, t.run.queue, t.order.startUp, t.run.work, t.run.cost, t.order.critical],
    rows: bars.map((bar) => [names(bar.node), bar.start - bar.ready, bar.work - bar.start, bar.end - bar.work, bar.usd, bar.critical ? t.order.yes : ""]),
  };
  const row = narrow ? BAR + 18 : BAR;
  const height = HEAD + bars.length * row + 6;
  const marks = ticks(length, narrow ? 4 : 8);
  return (
    <>
      <ChartFrame name={t.run.timelineTitle} twin={twin}>
        <div ref={ref}>
          <svg viewBox={`0 0 ${width} ${height}`} width="100%" height={height} role="img" aria-label={t.plot.label(t.run.timelineTitle, bars.length)}>
            <g fontSize="11" fill="var(--calm)">
              {marks.map((tick) => (
                <g key={tick}>
                  <path d={`M${x(tick)},${HEAD - 6}V${height}`} stroke="var(--line)" strokeWidth="0.6" />
                  <text x={x(tick)} y={HEAD - 11} textAnchor={narrow && tick === 0 ? "start" : "middle"}>
                    {tick === 0 ? "0" : formatSeconds(tick)}
                  </text>
                </g>
              ))}
            </g>
            {bars.map((bar, place) => {
              const top = HEAD + place * row;
              const y = narrow ? top + 18 : top;
              return (
                <g key={bar.node} fontSize="12" fill="var(--mantine-color-text)">
                  <Name name={names(bar.node)} bold={bar.critical} most={(narrow ? width - MONEY : NAME - 16) / LETTER} x={narrow ? 2 : NAME - 8} y={narrow ? top + 14 : y + 18} end={!narrow} />
                  <path d={`M${x(bar.ready)},${y + 13}H${x(bar.start)}`} stroke="var(--calm)" strokeWidth="2" strokeDasharray="2 3" />
                  <rect x={x(bar.start)} y={y + 6} width={Math.max(0, x(bar.work) - x(bar.start))} height={14} fill="var(--series-2)" fillOpacity="0.55" />
                  <rect x={x(bar.work)} y={y + 4} width={Math.max(4, x(bar.end) - x(bar.work))} height={18} rx={2} fill={bar.status === "failed" ? "var(--bad)" : "var(--series-1)"} stroke={bar.critical ? "var(--mantine-color-text)" : "none"} strokeWidth="1.5">
                    <title>{t.order.worked(names(bar.node), formatSeconds(bar.end - bar.work))}</title>
                  </rect>
                  <text x={width - 4} y={narrow ? top + 14 : y + 18} textAnchor="end">
                    {bar.usd === null ? "–" : formatDollars(bar.usd)}
                  </text>
                </g>
              );
            })}
          </svg>
        </div>
        <Key />
      </ChartFrame>
      <p className="plot-note">{t.order.path(path.map((bar) => names(bar.node)), formatSeconds(length))}</p>
      <Rest run={run} names={names} />
    </>
  );
}

interface NameProps {
  name: string;
  bold: boolean;
  /** Letters there is room for. */
  most: number;
  x: number;
  y: number;
  end: boolean;
}

function Name({ name, bold, most, x, y, end }: NameProps) {
  const room = Math.floor(most);
  return (
    <text x={x} y={y} textAnchor={end ? "end" : "start"} fontWeight={bold ? 700 : 400}>
      {shortened(name, room)}
      <title>{name}</title>
    </text>
  );
}

function Key() {
  return (
    <ul className="legend">
      <li>
        <svg width="26" height="12" aria-hidden>
          <path d="M0,6H26" stroke="var(--calm)" strokeWidth="2" strokeDasharray="2 3" />
        </svg>
        {t.run.queue}
      </li>
      <li>
        <svg width="26" height="12" aria-hidden>
          <rect width="26" height="12" fill="var(--series-2)" fillOpacity="0.55" />
        </svg>
        {t.order.startUp}
      </li>
      <li>
        <svg width="26" height="12" aria-hidden>
          <rect width="26" height="12" fill="var(--series-1)" />
        </svg>
        {t.run.work}
      </li>
      <li>
        <svg width="26" height="12" aria-hidden>
          <rect x="1" y="1" width="24" height="10" fill="none" stroke="var(--mantine-color-text)" strokeWidth="2" />
        </svg>
        {t.order.critical}
      </li>
    </ul>
  );
}

/** Nodes without a bar, and why. */
function Rest({ run, names }: { run: Run; names: (node: string) => string }) {
  const rest = run.nodes.filter((node) => node.started_at === null);
  if (rest.length === 0) return null;
  return (
    <ul className="rest">
      {rest.map((node) => (
        <li key={node.node}>
          <Status name={node.status} /> {names(node.node)}
          {node.reason && <span className="plot-note"> {whyWords(node.reason, names)}</span>}
        </li>
      ))}
    </ul>
  );
}

const TICK_MS = 500;

/** The time, moving while something runs. */
function useNow(moving: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!moving) return undefined;
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [moving]);
  return now;
}

/** What the run was billed, line by line, beside what was expected. */
export function Ledger({ run }: { run: Run }) {
  const estimate = run.estimate as { dollars?: [number, number] | null } | null;
  const range = estimate?.dollars;
  return (
    <table className="grid plain-rows">
      <caption className="group-title" style={{ textAlign: "left" }}>{t.run.ledger}</caption>
      <thead>
        <tr>
          {[t.run.item, t.run.quantity, t.run.cost].map((head) => (
            <th key={head} scope="col" className={head === t.run.item ? undefined : "number"}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {run.ledger.map((line) => (
          <tr key={line.item}>
            <td>{t.order.items[line.item] ?? line.item}</td>
            <td className="number">{t.order.units[line.unit]?.(line.quantity) ?? `${formatNumber(line.quantity)} ${line.unit}`}</td>
            <td className="number">{line.usd === null ? t.plan.unknown : formatDollars(line.usd)}</td>
          </tr>
        ))}
        <tr>
          <th scope="row">{t.run.total}</th>
          <td className="number">{range ? `${t.run.estimated}: ${formatDollars(range[0])} – ${formatDollars(range[1])}` : ""}</td>
          <td className="number">
            <b>{run.cost_usd === null ? "–" : formatDollars(run.cost_usd)}</b>
          </td>
        </tr>
      </tbody>
    </table>
  );
}
