import { formatNumber } from "../strings";
import type { Bars, Boxes, Form, Heat, Lines, Points } from "./forms";

/** The colours of the theme as plain values, and whether things may move. */
export interface Look {
  series: string[];
  text: string;
  calm: string;
  line: string;
  card: string;
  /** Colours from low over the middle to high. */
  heat: string[];
  still: boolean;
}

export type Option = Record<string, unknown>;

const DASHES = ["solid", [7, 4], [2, 3], [9, 3, 2, 3], [4, 2]];
const SYMBOLS = ["circle", "triangle", "rect", "diamond", "pin"];
const MANY_POINTS = 60;

/** A form as an ECharts option. Pure: the same form and look give the same option. Series differ by dashes, symbols or patterns, too, never by colour alone. */
export function optionOf(form: Form, look: Look): Option {
  const make = { lines, bars, points, boxes, heat }[form.form] as (form: Form, look: Look) => Option;
  return { ...frame(look), ...make(form, look) };
}

const frame = (look: Look): Option => ({
  animation: !look.still,
  animationDuration: 200,
  color: look.series,
  textStyle: { color: look.text, fontFamily: "'Inter Variable', system-ui, sans-serif", fontSize: 11 },
  // Text, not HTML: names of columns and classes are other people's words.
  tooltip: { trigger: "item", renderMode: "richText", confine: true, backgroundColor: look.card, borderColor: look.line, textStyle: { color: look.text, fontSize: 12 }, valueFormatter: short },
});

const short = (value: unknown): string => (typeof value === "number" ? formatNumber(value, 4) : Array.isArray(value) ? value.map(short).join(", ") : String(value ?? "–"));

const axis = (look: Look, name: string, more: Option = {}): Option => ({
  type: "value",
  name,
  nameLocation: "middle",
  nameGap: 28,
  nameTextStyle: { color: look.calm, fontSize: 11 },
  axisLine: { show: true, lineStyle: { color: look.line } },
  axisTick: { show: false },
  axisLabel: { color: look.calm, fontSize: 11, hideOverlap: true, ...(more.type === "category" ? {} : { formatter: (value: number) => formatNumber(value) }) },
  splitLine: { show: more.type !== "category", lineStyle: { color: look.line, opacity: 0.5 } },
  scale: true,
  ...more,
});

const legend = (look: Look, count: number, data?: string[]): Option =>
  count > 1 ? { legend: { type: "scroll", bottom: 0, icon: "roundRect", itemWidth: 22, itemHeight: 3, textStyle: { color: look.text, fontSize: 11 }, pageTextStyle: { color: look.text }, ...(data ? { data } : {}) } } : {};

const room = (count: number, left = 48): Option => ({ grid: { left, right: 18, top: 14, bottom: count > 1 ? 66 : 44, containLabel: false } });

function lines(form: Lines, look: Look): Option {
  const type = form.axis ?? "value";
  const ends = form.unit ? { min: 0, max: 1 } : {};
  const drawn = form.series.flatMap((one, index) => {
    const colour = look.series[index % look.series.length];
    const line = {
      type: "line",
      name: one.name,
      data: one.x.map((x, row) => [x, one.y[row] ?? null]),
      showSymbol: Boolean(form.dots) || one.x.length <= 2,
      symbol: SYMBOLS[index % SYMBOLS.length],
      symbolSize: 6,
      lineStyle: { width: 2, type: DASHES[index % DASHES.length] },
      itemStyle: { color: colour },
      // A finger or a shaking hand finds the line, too.
      triggerLineEvent: true,
    };
    return one.low ? [line, ...band(one, colour)] : [line];
  });
  if (form.guess) drawn.push({ type: "line", name: "", data: form.guess, showSymbol: false, silent: true, lineStyle: { width: 1, type: [4, 4], color: look.calm } } as never);
  if (form.at) drawn.push({ type: "scatter", name: "", data: [form.at], silent: true, symbolSize: 13, z: 9, itemStyle: { color: look.text, borderColor: look.card, borderWidth: 2 }, tooltip: { show: false } } as never);
  const first = drawn[0] as Option | undefined;
  if (first && form.marks?.length) first.markLine = markLine(form.marks, look);
  const names = form.series.map((one) => one.name);
  return {
    ...room(form.series.length),
    ...legend(look, form.series.length, names),
    tooltip: { ...(frame(look).tooltip as Option), trigger: "axis", axisPointer: { type: "line" } },
    xAxis: axis(look, form.x, { type, ...ends }),
    yAxis: axis(look, form.y, { ...ends, nameGap: 36 }),
    dataZoom: [{ type: "inside", filterMode: "none" }],
    series: drawn,
  };
}

/** From low to high behind the line: two invisible lines with the space between filled. */
const band = (one: Lines["series"][number], colour: string | undefined) => {
  const base = { type: "line", silent: true, showSymbol: false, stack: `band ${one.name}`, lineStyle: { opacity: 0 }, tooltip: { show: false } };
  return [
    { ...base, name: " ", data: one.x.map((x, row) => [x, one.low?.[row] ?? null]) },
    { ...base, name: " ", data: one.x.map((x, row) => [x, (one.high?.[row] ?? 0) - (one.low?.[row] ?? 0)]), areaStyle: { color: colour, opacity: 0.16 } },
  ];
};

const markLine = (marks: { at: number; name: string }[], look: Look): Option => ({
  silent: true,
  symbol: "none",
  animation: false,
  lineStyle: { color: look.calm, type: [3, 3] },
  label: { color: look.text, fontSize: 11, formatter: "{b}" },
  // The name stands to the left of its line: a mark is often at the right edge.
  data: marks.map((one) => ({ name: one.name, xAxis: one.at, label: { align: "right", padding: [0, 4, 0, 0] } })),
});

function bars(form: Bars, look: Look): Option {
  const names = form.across ? [...form.names].reverse() : form.names;
  const turn = <T>(values: readonly T[]): T[] => (form.across ? [...values].reverse() : [...values]);
  const shown = form.series.filter((one) => !one.hidden).length;
  const category = axis(look, form.across ? "" : form.x, { type: "category", data: names, axisLabel: { color: look.calm, fontSize: 11, width: form.across ? 130 : 90, overflow: "truncate", hideOverlap: !form.across } });
  const value = axis(look, form.across ? form.x : form.y, { scale: Boolean(form.stacked), nameGap: form.across ? 28 : 40 });
  const drawn = form.series.flatMap((one, index) => {
    const place = form.series.some((other) => other.hidden) ? index - 1 : index;
    const bar = {
      type: "bar",
      name: one.name,
      data: turn(one.values),
      ...(form.stacked ? { stack: "all" } : {}),
      ...(form.close ? { barCategoryGap: "4%", barGap: "0%" } : {}),
      itemStyle: one.hidden ? { opacity: 0 } : { color: look.series[Math.max(0, place) % look.series.length], opacity: form.close && shown > 1 ? 0.8 : 1, ...(place > 0 ? { decal: decal(look, place) } : {}) },
      ...(one.hidden ? { silent: true, tooltip: { show: false } } : {}),
    };
    return one.low ? [bar, whiskers(one, turn, Boolean(form.across), look)] : [bar];
  });
  return {
    ...room(shown, form.across ? 140 : 52),
    ...legend(look, shown, form.series.filter((one) => !one.hidden).map((one) => one.name)),
    xAxis: form.across ? value : category,
    yAxis: form.across ? category : value,
    series: drawn,
  };
}

const decal = (look: Look, place: number): Option => ({ symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2 + place, 4], rotation: (Math.PI / 4) * place, color: look.card, symbolSize: 0.6 });

/** Error bars: a custom series of thin crosses. */
const whiskers = (one: Bars["series"][number], turn: <T>(values: readonly T[]) => T[], across: boolean, look: Look): Option => ({
  type: "custom",
  name: one.name,
  silent: true,
  tooltip: { show: false },
  z: 4,
  data: turn(one.values.map((_, row) => [one.low?.[row] ?? null, one.high?.[row] ?? null])).map(([low, high], row) => (across ? [low, row, high] : [row, low, high])),
  encode: across ? { x: [0, 2], y: 1 } : { x: 0, y: [1, 2] },
  renderItem: (_: unknown, api: { value: (at: number) => number; coord: (at: number[]) => [number, number] }) => {
    const [a, b, c] = [api.value(0), api.value(1), api.value(2)];
    if (Number.isNaN(a) || Number.isNaN(c)) return null;
    const [from, to] = across ? [api.coord([a, b]), api.coord([c, b])] : [api.coord([a, b]), api.coord([a, c])];
    const end = ([x, y]: [number, number]) => (across ? { x1: x, y1: y - 4, x2: x, y2: y + 4 } : { x1: x - 4, y1: y, x2: x + 4, y2: y });
    const style = { stroke: look.text, lineWidth: 1.5 };
    return { type: "group", children: [{ type: "line", shape: { x1: from[0], y1: from[1], x2: to[0], y2: to[1] }, style }, { type: "line", shape: end(from), style }, { type: "line", shape: end(to), style }] };
  },
});

function points(form: Points, look: Look): Option {
  const all = form.groups.flatMap((one) => one.points);
  const drawn: Option[] = form.groups.map((one, index) => ({
    type: "scatter",
    name: one.name,
    data: one.points,
    symbol: SYMBOLS[index % SYMBOLS.length],
    symbolSize: all.length > MANY_POINTS ? 6 : 9,
    itemStyle: { color: look.series[index % look.series.length], opacity: 0.65 },
  }));
  if (form.marks?.length) {
    const label = { show: true, formatter: "{b}", position: "top", color: look.text };
    drawn.push({ type: "scatter", name: "", symbol: "diamond", symbolSize: 16, itemStyle: { color: look.text, borderColor: look.card, borderWidth: 2 }, label, data: form.marks.map((one) => ({ name: one.name, value: one.at })) });
  }
  const guide = form.diagonal ? diagonal(all) : form.zero ? acrossZero(all) : null;
  if (guide) drawn.push({ type: "line", name: "", data: guide, showSymbol: false, silent: true, lineStyle: { width: 1, type: [4, 4], color: look.calm } });
  return {
    ...room(form.groups.length, 56),
    ...legend(look, form.groups.length, form.groups.map((one) => one.name)),
    xAxis: axis(look, form.x),
    yAxis: axis(look, form.y, { nameGap: 44 }),
    dataZoom: [{ type: "inside", filterMode: "none" }, { type: "inside", orient: "vertical", filterMode: "none" }],
    series: drawn,
  };
}

const ends = (values: number[]): [number, number] => [values.reduce((a, b) => Math.min(a, b), Infinity), values.reduce((a, b) => Math.max(a, b), -Infinity)];

const diagonal = (all: [number, number][]) => {
  const [low, high] = ends(all.flat());
  return [
    [low, low],
    [high, high],
  ];
};

const acrossZero = (all: [number, number][]) => {
  const [low, high] = ends(all.map(([x]) => x));
  return [
    [low, 0],
    [high, 0],
  ];
};

const boxes = (form: Boxes, look: Look): Option => ({
  ...room(1, 56),
  xAxis: axis(look, form.x, { type: "category", data: form.boxes.map((one) => one.group) }),
  yAxis: axis(look, form.y, { nameGap: 44 }),
  series: [
    { type: "boxplot", data: form.boxes.map((one) => [one.low, one.q1, one.median, one.q3, one.high]), itemStyle: { color: "transparent", borderColor: look.series[0], borderWidth: 1.6 } },
    { type: "scatter", data: form.boxes.flatMap((one, place) => (one.outliers ?? []).map((value) => [place, value])), symbolSize: 5, itemStyle: { color: look.series[1], opacity: 0.7 } },
  ],
});

const FEW_CELLS = 144;

function heat(form: Heat, look: Look): Option {
  const data = form.y.flatMap((_, row) => form.x.map((__, column) => [column, row, form.values[row]?.[column] ?? "-"]));
  const label = { axisLabel: { color: look.calm, fontSize: 11, width: 110, overflow: "truncate", interval: 0, rotate: form.x.length > 5 ? 40 : 0 }, splitLine: { show: false } };
  return {
    grid: { left: 120, right: 18, top: 14, bottom: form.x.length > 5 ? 120 : 76 },
    xAxis: axis(look, "", { type: "category", data: form.x, ...label }),
    yAxis: axis(look, "", { type: "category", data: form.y, inverse: true, ...label, axisLabel: { ...label.axisLabel, rotate: 0 } }),
    visualMap: { min: form.low, max: form.high, calculable: true, orient: "horizontal", left: "center", bottom: 0, itemWidth: 12, itemHeight: 120, inRange: { color: look.heat }, textStyle: { color: look.calm, fontSize: 11 } },
    series: [{ type: "heatmap", data, label: { show: data.length <= FEW_CELLS, color: look.text, fontSize: 11, formatter: ({ value }: { value: unknown[] }) => (typeof value[2] === "number" ? formatNumber(value[2], 2) : "") } }],
  };
}
