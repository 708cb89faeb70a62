import { compare } from "../model/table";
import { formatCell, formatNumber, t } from "../strings";
import { type Box, type Chart, type Explained, list, number, numbers, texts, word } from "./kinds";

/** What is drawn: a few forms that all kinds of charts come down to. Pure; the picture and the table twin are both made from a form. */
export interface Series {
  name: string;
  x: (number | string)[];
  y: (number | null)[];
  low?: (number | null)[];
  high?: (number | null)[];
}

export interface Lines {
  form: "lines";
  name: string;
  x: string;
  y: string;
  /** Both axes run from 0 to 1; only the upright one where the other has names or times. */
  unit?: boolean;
  axis?: "value" | "category" | "time";
  series: Series[];
  /** What guessing would give, from point to point. */
  guess?: [[number, number], [number, number]];
  /** Values on the x axis that stand out, with their names. */
  marks?: { at: number; name: string }[];
  dots?: boolean;
  /** The point that is in force now. */
  at?: [number, number] | null;
}

export interface Bars {
  form: "bars";
  name: string;
  x: string;
  y: string;
  across?: boolean;
  /** Each bar begins where the hidden one ends, also across zero. */
  stacked?: boolean;
  names: string[];
  /** What stands at the axis where it says more than the name. */
  labels?: string[];
  /** A value of the other axis that stands out. */
  mark?: { at: number; name: string };
  series: { name: string; values: (number | null)[]; low?: (number | null)[]; high?: (number | null)[]; hidden?: boolean }[];
}

export interface Histogram {
  form: "histogram";
  name: string;
  x: string;
  y: string;
  /** One more than the counts of each series. */
  edges: number[];
  series: { name: string; counts: number[] }[];
  mark?: number | null;
}

export interface Points {
  form: "points";
  name: string;
  x: string;
  y: string;
  groups: { name: string; points: [number, number][] }[];
  /** Where both agree. */
  diagonal?: boolean;
  zero?: boolean;
  total: number;
  marks?: { name: string; at: [number, number] }[];
}

export interface Boxes {
  form: "boxes";
  name: string;
  x: string;
  y: string;
  boxes: Box[];
}

export interface Heat {
  form: "heat";
  name: string;
  x: string[];
  y: string[];
  values: (number | null)[][];
  low: number;
  high: number;
  measure: string;
}

export type Form = Lines | Bars | Histogram | Points | Boxes | Heat;

/** One chart, or several of a kind over each other (the models that a node compares, the runs of a comparison). Null for kinds that are tables. */
export function formOf(charts: readonly Chart[]): Form | null {
  const first = charts[0];
  const make = first && FORMS[first.kind];
  if (!first || !make) return null;
  const form = make(charts, first);
  return form && holds(form) ? { ...form, name: [first.title || form.name, ...(charts.length === 1 && first.model ? [first.model] : [])].join(": ") } : null;
}

/** What a chart holds beside its first picture: how residuals spread. */
export function furtherOf(chart: Chart): Form | null {
  const [edges, counts] = [numbers(chart, "edges"), numbers(chart, "counts")];
  if (chart.kind !== "residuals" || counts.length === 0 || edges.length !== counts.length + 1) return null;
  const name = [t.plot.residualSpread, ...(chart.model ? [chart.model] : [])].join(": ");
  return { form: "histogram", name, x: t.plot.residual, y: t.data.rows, edges, series: [{ name: t.data.rows, counts }], mark: 0 };
}

const holds = (form: Form): boolean => {
  if (form.form === "lines") return form.series.some((one) => one.x.length > 0 && one.x.length === one.y.length);
  if (form.form === "bars") return form.names.length > 0 && form.series.length > 0;
  if (form.form === "histogram") return form.edges.length > 1 && form.series.length > 0;
  if (form.form === "points") return form.groups.some((one) => one.points.length > 0);
  if (form.form === "boxes") return form.boxes.length > 0;
  return form.values.length > 0;
};

type Make = (charts: readonly Chart[], first: Chart) => Form | null;

const called = (chart: Chart, otherwise: string): string => chart.model ?? (word(chart, "positive") ? t.plot.positive(word(chart, "positive")) : otherwise);
const figure = (value: number | null): string => (value === null ? "" : ` · ${formatNumber(value)}`);

const over = (charts: readonly Chart[], x: string, y: string, otherwise: string, area?: string): Series[] =>
  charts.map((one) => ({ name: called(one, otherwise) + (area ? figure(number(one, area)) : ""), x: numbers(one, x), y: numbers(one, y) }));

const pairs = (x: number[], y: number[]): [number, number][] => x.map((value, index) => [value, y[index] ?? 0]);

/** Two thresholds that are one have one mark. */
function marked(chosen: number | null, best: number | null): { at: number; name: string }[] {
  const both = chosen !== null && best !== null && formatNumber(chosen, 2) === formatNumber(best, 2);
  if (both) return [{ at: best, name: t.plot.both(t.plot.chosen, t.plot.cheapest) }];
  return [
    { at: chosen, name: t.plot.chosen },
    { at: best, name: t.plot.cheapest },
  ].flatMap(({ at, name }) => (at === null ? [] : [{ at, name }]));
}

const FORMS: Record<string, Make> = {
  roc: (charts) => ({
    form: "lines",
    name: t.charts.roc,
    x: t.charts.fpr,
    y: t.charts.tpr,
    unit: true,
    series: over(charts, "fpr", "tpr", "AUC", "auc"),
    guess: [
      [0, 0],
      [1, 1],
    ],
  }),
  pr: (charts, first) => ({
    form: "lines",
    name: t.charts.pr,
    x: t.charts.recall,
    y: t.charts.precision,
    unit: true,
    series: over(charts, "recall", "precision", t.charts.pr, "average_precision"),
    ...(number(first, "rate") === null ? {} : { guess: [[0, number(first, "rate") ?? 0], [1, number(first, "rate") ?? 0]] as Lines["guess"] }),
  }),
  calibration: (charts) => ({
    form: "lines",
    name: t.plot.calibration,
    x: t.plot.said,
    y: t.plot.seen,
    unit: true,
    dots: true,
    series: over(charts, "predicted", "observed", t.plot.calibration),
    guess: [
      [0, 0],
      [1, 1],
    ],
  }),
  lift: (charts) => ({
    form: "lines",
    name: t.plot.gain,
    x: t.plot.taken,
    y: t.plot.found,
    unit: true,
    series: over(charts, "shares", "gain", t.plot.gain).map((one) => (one.x.length ? { ...one, x: [0, ...one.x], y: [0, ...one.y] } : one)),
    guess: [
      [0, 0],
      [1, 1],
    ],
  }),
  threshold: (charts, first) => ({
    form: "lines",
    name: t.plot.costCurve,
    x: t.charts.threshold,
    y: t.plot.costOf,
    series: over(charts, "thresholds", "cost", t.plot.cost),
    marks: charts.length > 1 ? [] : marked(number(first, "chosen"), number(first, "best")),
  }),
  learning_curve: (charts) => ({
    form: "lines",
    name: t.plot.learning,
    x: t.plot.trainingRows,
    y: word(charts[0] as Chart, "scoring").replaceAll("_", " "),
    dots: true,
    series: charts.flatMap((one) =>
      (["train", "validation"] as const).map((part) => {
        const [y, std] = [numbers(one, part), numbers(one, `${part}_std`)];
        const name = [one.model, part === "train" ? t.plot.onTraining : t.plot.onHeldOut].filter(Boolean).join(", ");
        return { name, x: numbers(one, "rows"), y, low: y.map((value, index) => value - (std[index] ?? 0)), high: y.map((value, index) => value + (std[index] ?? 0)) };
      }),
    ),
  }),
  rounds: (charts, first) => ({
    form: "lines",
    name: t.plot.rounds,
    x: word(first, "unit") || t.plot.round,
    y: word(first, "measure"),
    series: charts.flatMap((one) =>
      (["train", "validation"] as const)
        .filter((part) => numbers(one, part).length > 0)
        .map((part) => ({ name: [one.model, part === "train" ? t.plot.onTraining : t.plot.onHeldOut].filter(Boolean).join(", "), x: numbers(one, "rounds"), y: numbers(one, part) })),
    ),
    marks: charts.flatMap((one) => (number(one, "best") === null ? [] : [{ at: number(one, "best") ?? 0, name: t.plot.cutAt }])),
  }),
  line: (_, first) => {
    const x = list<number | string>(first, "x");
    const series = list<{ name: string; values: (number | null)[] }>(first, "series").map((one) => ({ name: one.name, x, y: one.values }));
    return { form: "lines", name: t.plot.of(word(first, "y_title"), word(first, "x_title")), dots: x.length <= FEW_DOTS, x: word(first, "x_title"), y: word(first, "y_title"), axis: typeof x[0] === "string" ? "time" : "value", series };
  },
  partial_dependence: (charts, first) => {
    const [x, name] = [list<number | string>(first, "values"), t.plot.dependence(word(first, "feature"))];
    if (typeof x[0] === "string") {
      const series = charts.map((one) => ({ name: one.model ?? t.plot.average, values: numbers(one, "average"), low: numbers(one, "low"), high: numbers(one, "high") }));
      const [names, feature, output] = [texts(first, "values"), word(first, "feature"), word(first, "output")];
      const across = lie(names);
      return { form: "bars", name, across, x: across ? output : feature, y: across ? feature : output, names, series };
    }
    const series = charts.map((one) => ({ name: one.model ?? t.plot.average, x: list<number>(one, "values"), y: numbers(one, "average"), low: numbers(one, "low"), high: numbers(one, "high") }));
    return { form: "lines", name, x: word(first, "feature"), y: word(first, "output"), series };
  },
  importance: (charts, first) => {
    const names = texts(first, "features").slice(0, MOST_BARS);
    const series = charts.map((one) => {
      const at = names.map((name) => texts(one, "features").indexOf(name));
      const pick = (field: string) => at.map((place) => numbers(one, field)[place] ?? null);
      return { name: one.model ?? (word(one, "method") || t.charts.value), values: pick("values"), ...(numbers(one, "low").length ? { low: pick("low"), high: pick("high") } : {}) };
    });
    return { form: "bars", name: t.charts.importance, x: word(first, "measure") || t.charts.value, y: t.charts.feature, across: true, names, series };
  },
  contributions: (_, first) => waterfall(first, 0),
  histogram: (_, first) => ({
    form: "histogram",
    name: t.plot.histogram(word(first, "column")),
    x: word(first, "column"),
    y: t.data.rows,
    edges: numbers(first, "edges"),
    series: list(first, "series"),
    mark: number(first, "mark"),
  }),
  bar: (_, first) => {
    const [names, x, y] = [texts(first, "x"), word(first, "x_title"), word(first, "y_title")];
    const across = lie(names);
    return { form: "bars", name: t.plot.of(y, x), across, x: across ? y : x, y: across ? x : y, names, series: list(first, "series") };
  },
  clusters: (_, first) => {
    const [names, silhouette] = [texts(first, "clusters"), list<number | null>(first, "silhouette")];
    const labels = names.map((name, at) => (typeof silhouette[at] === "number" ? `${name}\n${t.plot.silhouetteOf(formatNumber(silhouette[at], 2))}` : name));
    const across = lie(names);
    const [x, y] = [t.plot.cluster, t.data.rows];
    return { form: "bars", name: t.plot.clusters, across, x: across ? y : x, y: across ? x : y, names, labels: across ? labels.map((one) => one.replace("\n", " · ")) : labels, series: [{ name: t.data.rows, values: numbers(first, "rows") }] };
  },
  predicted_actual: (charts, first) => ({
    form: "points",
    name: t.charts.residuals,
    x: [t.charts.actual, word(first, "target")].filter(Boolean).join(": "),
    y: t.charts.predicted,
    diagonal: true,
    total: number(first, "total") ?? numbers(first, "predicted").length,
    groups: charts.map((one) => ({ name: one.model ?? t.charts.predicted, points: pairs(numbers(one, "actual"), numbers(one, "predicted")) })),
  }),
  residuals: (charts, first) => {
    // Runs of earlier versions hold the actual values instead.
    const apart = (one: Chart) => (numbers(one, "residuals").length ? numbers(one, "residuals") : numbers(one, "actual").map((value, index) => value - (numbers(one, "predicted")[index] ?? 0)));
    const groups = charts.map((one) => ({ name: one.model ?? t.plot.residual, points: pairs(numbers(one, "predicted"), apart(one)) }));
    return { form: "points", name: t.plot.residuals, x: t.charts.predicted, y: t.plot.residual, zero: true, total: number(first, "total") ?? apart(first).length, groups };
  },
  projection: (_, first) => {
    const [explained, centres] = [numbers(first, "explained"), list<{ group: string; x: number; y: number }>(first, "centres")];
    const axis = (place: 0 | 1) => t.plot.component(place + 1, explained[place] ?? 0);
    const marks = centres.map((one) => ({ name: one.group, at: [one.x, one.y] as [number, number] }));
    return { form: "points", name: t.plot.projection, x: axis(0), y: axis(1), total: number(first, "total") ?? 0, groups: grouped(first), marks };
  },
  scatter: (_, first) => ({ form: "points", name: t.plot.against(word(first, "y_title"), word(first, "x_title")), x: word(first, "x_title"), y: word(first, "y_title"), total: number(first, "total") ?? numbers(first, "x").length, groups: grouped(first) }),
  box: (_, first) => ({ form: "boxes", name: t.plot.of(word(first, "y"), word(first, "x")), x: word(first, "x"), y: word(first, "y"), boxes: list<Box>(first, "boxes") }),
  heatmap: (_, first) => ({
    form: "heat",
    name: word(first, "measure") || t.plot.heat,
    x: texts(first, "x"),
    y: texts(first, "y"),
    values: list<(number | null)[]>(first, "values"),
    low: number(first, "low") ?? 0,
    high: number(first, "high") ?? 1,
    measure: word(first, "measure"),
  }),
};

const MOST_BARS = 30;
const FEW_DOTS = 40;
const FEW_UPRIGHT = 12;
const LONG_NAME = 18;

/** Many or long names are read line by line: the bars lie. */
const lie = (names: readonly string[]): boolean => names.length > FEW_UPRIGHT || names.some((name) => name.length > LONG_NAME);

/** What each feature added, bar after bar, from what is said before anything is known to the answer for one row. */
export function waterfall(chart: Chart, place: number): Bars | null {
  const row = list<Explained>(chart, "rows")[place];
  if (!row) return null;
  let at = number(chart, "base") ?? 0;
  const steps = row.contributions.slice(0, MOST_BARS).map(({ feature, value, contribution }) => {
    const [from, to] = [at, at + contribution];
    at = to;
    return { name: value === null || value === undefined ? feature : `${feature} = ${typeof value === "number" ? formatCell(value) : String(value)}`, from: Math.min(from, to), to: Math.max(from, to), up: contribution >= 0 };
  });
  const values = (up: boolean) => steps.map((one) => (one.up === up ? one.to - one.from : null));
  return {
    form: "bars",
    name: t.plot.contributions,
    x: word(chart, "scale"),
    y: t.charts.feature,
    across: true,
    stacked: true,
    mark: { at: number(chart, "base") ?? 0, name: t.plot.start },
    names: steps.map((one) => one.name),
    series: [
      { name: "", values: steps.map((one) => one.from), hidden: true },
      { name: t.plot.raises, values: values(true) },
      { name: t.plot.lowers, values: values(false) },
    ],
  };
}

function grouped(chart: Chart): Points["groups"] {
  const [x, y, of] = [numbers(chart, "x"), numbers(chart, "y"), texts(chart, "groups")];
  const found = new Map<string, [number, number][]>();
  for (const [index, value] of x.entries()) {
    const name = of[index] ?? t.data.rows;
    found.set(name, [...(found.get(name) ?? []), [value, y[index] ?? 0]]);
  }
  return [...found].sort(([a], [b]) => compare(a, b)).map(([name, points]) => ({ name, points }));
}
