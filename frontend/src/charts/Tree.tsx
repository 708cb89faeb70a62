import { formatNumber, formatPercent, shortened, t } from "../strings";
import { ChartFrame } from "../ui/ChartFrame";
import { type Chart, number } from "./kinds";
import { type Placed, placed } from "./tree";

const WIDE = 168;
const HIGH = 40;
const STEP = 212;
const LINE = 50;
const WORDS = 26;
// Levels that are open at first: more are not taken in at a glance.
const OPEN = 3;

const short = (words: string): string => shortened(words, WORDS);
const answerOf = (one: Placed): string => (one.share === null || one.share === undefined ? one.answer : `${one.answer} · ${formatPercent(one.share)}`);
const ledBy = (one: Placed, above: Placed | undefined): string => {
  if (one.holds === null) return "";
  const words = one.holds ? t.plot.yes : t.plot.no;
  return above?.empty_holds === one.holds ? t.plot.orEmpty(words) : words;
};

/** A decision tree: where there is room as a picture from its first question on the left to its answers, in a narrow panel as questions that open. */
export function Tree({ chart }: { chart: Chart }) {
  const nodes = placed(chart);
  const [top] = nodes;
  if (!top) return null;
  const byPlace = new Map(nodes.map((one) => [one.at, one]));
  const above = (one: Placed): Placed | undefined => (one.parent === null ? undefined : byPlace.get(one.parent));
  const name = chart.title || t.plot.tree;
  const quantity = top.share === null || top.share === undefined;
  const columns = [t.plot.question, t.data.rows, quantity ? t.plot.mean : t.plot.mostFrequent, ...(quantity ? [] : [t.plot.share])];
  const words = (one: Placed) => [`${"· ".repeat(one.depth)}${ledBy(one, above(one))}${one.holds === null ? "" : ": "}${one.question ? `${one.question}?` : t.plot.answer}`, one.rows, one.answer, ...(quantity ? [] : [one.share ?? null])];
  const hidden = number(chart, "hidden") ?? 0;
  return (
    <ChartFrame name={name} twin={{ columns, rows: nodes.map(words) }}>
      <div className="tree">
        <div className="scroll tree-list" tabIndex={0} role="region" aria-label={name}>
          <Branch one={top} nodes={nodes} />
        </div>
        <div className="scroll tree-picture" tabIndex={0} role="region" aria-label={name}>
          <Picture name={name} nodes={nodes} above={above} />
        </div>
      </div>
      {hidden > 0 && <p className="plot-note">{t.plot.deeper(hidden)}</p>}
    </ChartFrame>
  );
}

/** A question with what it leads to, the first levels open. */
function Branch({ one, from, nodes }: { one: Placed; from?: Placed; nodes: Placed[] }) {
  const led = ledBy(one, from);
  const line = (
    <>
      {led && <span className="tree-way">{led}</span>} <b>{one.question ? `${one.question}?` : one.answer}</b>
      <small>
        {one.question ? answerOf(one) : one.share === null || one.share === undefined ? "" : formatPercent(one.share)} · {t.plot.rows(one.rows)}
      </small>
      {one.share !== null && one.share !== undefined && <i style={{ width: `${100 * one.share}%` }} />}
    </>
  );
  if (!one.question) return <div className="tree-leaf">{line}</div>;
  return (
    <details open={one.depth < OPEN}>
      <summary>{line}</summary>
      {nodes
        .filter((other) => other.parent === one.at)
        .map((child) => (
          <Branch key={child.at} one={child} from={one} nodes={nodes} />
        ))}
    </details>
  );
}

function Picture({ name, nodes, above }: { name: string; nodes: Placed[]; above: (one: Placed) => Placed | undefined }) {
  const width = Math.max(...nodes.map((one) => one.depth)) * STEP + WIDE + 2;
  const height = Math.max(...nodes.map((one) => one.line)) * LINE + HIGH + 2;
  return (
    <svg role="img" aria-label={t.plot.label(name, nodes.length)} width={width} height={height} viewBox={`0 0 ${width} ${height}`} fontSize="12">
      <g transform="translate(1 1)">
        {nodes.map((one) => {
          const from = above(one);
          return from && <Way key={one.at} from={from} to={one} words={ledBy(one, from)} />;
        })}
        {nodes.map((one) => (
          <Box key={one.at} one={one} />
        ))}
      </g>
    </svg>
  );
}

function Way({ from, to, words }: { from: Placed; to: Placed; words: string }) {
  const [x, y, end, middle] = [from.depth * STEP + WIDE, from.line * LINE + HIGH / 2, to.depth * STEP, to.line * LINE + HIGH / 2];
  return (
    <g>
      <path d={`M${x},${y}C${x + 24},${y} ${end - 24},${middle} ${end},${middle}`} fill="none" stroke="var(--calm)" strokeWidth="1.2" />
      <text x={end - 5} y={middle + (middle < y ? -5 : 13)} textAnchor="end" fontSize="11" fill="var(--calm)">
        {words}
      </text>
    </g>
  );
}

function Box({ one }: { one: Placed }) {
  const [x, y] = [one.depth * STEP, one.line * LINE];
  const full = one.question ?? answerOf(one);
  return (
    <g>
      <title>{[one.question && `${one.question}?`, answerOf(one), t.plot.rows(one.rows)].filter(Boolean).join("\n")}</title>
      <rect x={x} y={y} width={WIDE} height={HIGH} rx={one.question ? 6 : HIGH / 2} fill="var(--card)" stroke={one.question ? "var(--line)" : "var(--series-1)"} />
      {one.share !== null && one.share !== undefined && <rect x={x + 14} y={y + HIGH - 5} width={(WIDE - 28) * one.share} height="3" rx="1.5" fill="var(--series-1)" />}
      <text x={x + WIDE / 2} y={y + 16} textAnchor="middle" fontWeight="600" fill="var(--mantine-color-text)">
        {short(full)}
      </text>
      <text x={x + WIDE / 2} y={y + 30} textAnchor="middle" fontSize="11" fill="var(--calm)">
        {short(one.question ? `${answerOf(one)} · ${formatNumber(one.rows)}` : t.plot.rows(one.rows))}
      </text>
    </g>
  );
}
