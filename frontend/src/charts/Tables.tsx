import { Badge } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useCatalog, useMetricTitle } from "../api/queries";
import { metricTitle } from "../model/metric";
import { formatDollars, formatLatency, formatNumber, formatPercent, formatSeconds, t } from "../strings";
import { ChartFrame, TwinTable } from "../ui/ChartFrame";
import { Drawn } from "./Drawn";
import { type Bars, waterfall } from "./forms";
import { type Chart, type Drifted, type Explained, type Leader, list, type Metric, number, texts, type Trial, word } from "./kinds";

/** Charts that are read as tables: tiles of figures, leaderboards, candidates of a search, drift by column. */

const figure = (value: number | null | undefined, digits = 3): string => (value === null || value === undefined ? "–" : formatNumber(value, digits));
/** Nothing where both ends read as the figure itself. */
function interval(low: number | null | undefined, high: number | null | undefined): string {
  if (low === null || low === undefined || high === null || high === undefined) return "";
  const [from, to] = [formatNumber(low), formatNumber(high)];
  return from === to ? "" : t.plot.interval(from, to);
}

/** From here on nobody reads the zeros. */
const LEAST_P = 0.0001;
const chance = (value: number | null | undefined): string => (typeof value === "number" && value < LEAST_P ? t.plot.below(formatNumber(LEAST_P)) : figure(value));

export function MetricTiles({ chart }: { chart: Chart }) {
  const metrics = list<Metric>(chart, "metrics");
  const titleOf = useMetricTitle();
  const twin = { columns: [t.charts.figures, t.charts.value, t.plot.low, t.plot.high, t.plot.baseline], rows: metrics.map((one) => [titleOf(one.name), one.value, one.low ?? null, one.high ?? null, one.baseline ?? null]) };
  const name = [chart.title || t.charts.figures, chart.model].filter(Boolean).join(": ");
  return (
    <ChartFrame name={name} twin={twin} picture={false}>
      <div className="tiles">
        {metrics.map((one) => (
          <div className="tile" key={one.name} title={one.reason ?? undefined}>
            <b>{figure(one.value)}</b>
            <span>{titleOf(one.name)}</span>
            {one.value === null && one.reason && <span>{one.reason}</span>}
            {interval(one.low, one.high) && <span>{interval(one.low, one.high)}</span>}
            {one.baseline !== null && one.baseline !== undefined && <Baseline metric={one} />}
          </div>
        ))}
      </div>
      <p className="plot-note">{t.plot.measuredOn(number(chart, "rows") ?? 0, word(chart, "baseline"))}</p>
    </ChartFrame>
  );
}

/** Better or worse than the dummy, or the same as it reads, in a word and a sign. */
function Baseline({ metric: { value, baseline, higher_is_better: higher = true } }: { metric: Metric }) {
  const known = value !== null && baseline !== null && baseline !== undefined;
  const same = known && figure(value) === figure(baseline);
  const better = known && (higher ? value > baseline : value < baseline);
  return (
    <span className={known && !same && !better ? "bad-words" : undefined}>
      {!known ? "" : same ? "= " : better ? "▲ " : "▼ "}
      {t.plot.overBaseline(figure(baseline))}
    </span>
  );
}

interface GridProps {
  name: string;
  head: string[];
  rows: ReactNode[][];
  /** The last column is words, which may need several lines. */
  words?: boolean;
}

function Grid({ name, head, rows, words = false }: GridProps) {
  const kind = (place: number) => (place === 0 ? undefined : words && place === head.length - 1 ? "words" : "number");
  return (
    <div className="scroll twin" tabIndex={0} role="region" aria-label={name}>
      <table className="grid">
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
          {rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, place) => (
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

export function Leaderboard({ chart }: { chart: Chart }) {
  const leaders = list<Leader>(chart, "leaders");
  const titleOf = useMetricTitle();
  const name = chart.title || t.plot.leaderboard;
  const head = [t.plot.model, titleOf(word(chart, "metric")), t.plot.intervalTitle, t.plot.latency, t.plot.size];
  const latency = (one: Leader) => (one.latency_ms === null || one.latency_ms === undefined ? "–" : formatLatency(one.latency_ms));
  const plain = leaders.map((one) => [`${one.model} (${one.estimator})`, one.score, interval(one.low, one.high), one.latency_ms ?? null, one.bytes ?? null]);
  const rows = leaders.map((one) => [
    <span key="model">
      {one.best && <Badge size="xs">{t.run.best}</Badge>} {one.model} <small>{one.estimator}</small>
    </span>,
    figure(one.score),
    interval(one.low, one.high),
    latency(one),
    one.bytes ? t.plot.bytes(one.bytes) : "–",
  ]);
  return (
    <ChartFrame name={name} twin={{ columns: head, rows: plain }} picture={false}>
      <Grid name={name} head={head} rows={rows} />
      {word(chart, "reason") && <p className="plot-note">{word(chart, "reason")}</p>}
    </ChartFrame>
  );
}

export function Trials({ chart }: { chart: Chart }) {
  const trials = list<Trial>(chart, "trials");
  const titleOf = useMetricTitle();
  const name = chart.title || t.plot.trials;
  const head = [t.plot.model, titleOf(word(chart, "scoring")), t.plot.intervalTitle, t.run.took, t.run.cost, t.run.params];
  const params = (one: Trial) => Object.entries(one.params).map(([key, value]) => `${key} ${typeof value === "number" ? formatNumber(value) : String(value ?? t.run.notThere)}`).join(", ");
  const cells = trials.map((one) => [one.family, one.error ?? figure(one.score), interval(one.low, one.high), one.seconds ? formatSeconds(one.seconds) : "–", one.usd ? formatDollars(one.usd) : "–", params(one)]);
  return (
    <ChartFrame name={name} twin={{ columns: head, rows: cells }} picture={false} wide>
      <Grid name={name} head={head} rows={cells} words />
    </ChartFrame>
  );
}

export function PlainTable({ chart }: { chart: Chart }) {
  const name = [chart.title || t.plot.table, chart.model].filter(Boolean).join(": ");
  const titles = useCatalog().data?.metrics ?? {};
  const twin = { columns: texts(chart, "columns"), rows: list<unknown[]>(chart, "rows") };
  const shown = { ...twin, columns: twin.columns.map((one) => (Object.hasOwn(titles, one) ? metricTitle(one, titles) : one)) };
  return (
    <ChartFrame name={name} twin={twin} picture={false}>
      <TwinTable name={name} twin={shown} />
    </ChartFrame>
  );
}

/** What made the answer for single rows; one row is shown at a time. */
export function Contributions({ chart }: { chart: Chart }) {
  const rows = list<Explained>(chart, "rows");
  const [place, setPlace] = useState(0);
  const form = waterfall(chart, place);
  const row = rows[place];
  if (!form || !row) return null;
  const note = t.plot.explained(figure(number(chart, "base")), figure(row.output), row.prediction ?? "", word(chart, "method"), chart.exact === true);
  return (
    <>
      {rows.length > 1 && (
        <label className="row-choice">
          {t.plot.row}{" "}
          <select value={place} onChange={(event) => setPlace(Number(event.currentTarget.value))}>
            {rows.map((one, index) => (
              <option key={index} value={index}>
                {formatNumber(one.row)}
              </option>
            ))}
          </select>
        </label>
      )}
      <Drawn form={form} note={note} />
    </>
  );
}

export function Drift({ chart }: { chart: Chart }) {
  const features = list<Drifted>(chart, "features");
  const [chosen, setChosen] = useState(0);
  const name = chart.title || t.plot.drift;
  const head = [t.charts.feature, t.plot.verdict, "PSI", t.plot.pValue, t.plot.missing, t.plot.decidedBy];
  const plain = features.map((one) => [one.name, t.plot.verdicts[one.verdict] ?? one.verdict, one.psi, one.p_value ?? null, one.missing.map((share) => formatPercent(share)).join(" → "), decided(one)]);
  const feature = features[chosen];
  const most = Math.max(number(chart, "much") ?? 0.25, ...features.map((one) => one.psi ?? 0));
  const rows = features.map((one, index) => [
    <button key="name" type="button" className="link-button" aria-pressed={index === chosen} onClick={() => setChosen(index)}>
      {one.name}
    </button>,
    <span key="verdict" className={one.verdict === "much" ? "bad-words" : undefined}>
      {t.plot.verdicts[one.verdict] ?? one.verdict}
    </span>,
    <span key="psi" className="mini-bar">
      <span>
        <i style={{ width: `${(100 * (one.psi ?? 0)) / most}%` }} />
      </span>
      {figure(one.psi)}
    </span>,
    chance(one.p_value),
    one.missing.some((share) => share > 0) ? one.missing.map((share) => formatPercent(share)).join(" → ") : "–",
    decided(one),
  ]);
  return (
    <>
      <ChartFrame name={name} twin={{ columns: head, rows: plain }} picture={false} wide>
        <Grid name={name} head={head} rows={rows} />
        <p className="plot-note">{t.plot.driftRows(number(chart, "reference_rows") ?? 0, number(chart, "current_rows") ?? 0)}</p>
      </ChartFrame>
      {feature && <Drawn form={shares(feature)} />}
    </>
  );
}

const decided = ({ decided_by: by, js, chance: corrected }: Drifted): string =>
  [by === "js" ? `JS ${figure(js ?? null)}` : { ks: "KS", chi2: "χ²", psi: "PSI" }[by ?? "psi"], ...(typeof corrected === "number" ? [`${t.plot.pValue} ${chance(corrected)}`] : [])].join(", ");

const shares = (feature: Drifted): Bars => ({
  form: "bars",
  name: t.plot.driftOf(feature.name),
  x: feature.name,
  y: t.plot.share,
  names: feature.bins,
  series: [
    { name: t.plot.reference, values: feature.reference },
    { name: t.plot.current, values: feature.current },
  ],
});
