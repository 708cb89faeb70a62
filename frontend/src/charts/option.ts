import { formatCell, formatDay, formatNumber, formatTick, t } from "../strings";
import type { Bars, Boxes, Form, Heat, Histogram, Lines, Points } from "./forms";

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
  /** Pixels there are; 0 while nobody knows. */
  width?: number;
}

export type Option = Record<string, unknown>;

const DASHES = ["solid", [7, 4], [2, 3], [9, 3, 2, 3], [4, 2]];
const SYMBOLS = ["circle", "triangle", "rect", "diamond", "pin"];
const MANY_POINTS = 60;

/** A form as an ECharts option. Pure: the same form and look give the same option. Series differ by dashes, symbols or patterns, too, never by colour alone. */
export function optionOf(form: Form, look: Look): Option {
  const make = { lines, bars, histogram, points, boxes, heat }[form.form] as (form: Form, look: Look) => Option;
  return { ...frame(look), ...make(form, look) };
}

const frame = (look: Look): Option => ({
  animation: !look.still,
  animationDuration: 200,
  color: look.series,
  textStyle: { color: look.text, fontFamily: "'Inter Variable', system-ui, sans-serif", fontSize: 11 },
  // Text, not HTML: names of columns and classes are other people's words.
  tooltip: { trigger: "item", renderMode: "richText", confine: true, backgroundColor: look.card, borderColor: look.line, textStyle: { color: look.text, fontSize: 12 } },
});

/** Words under the pointer. `trigger` says whether they are of one thing or of all that stand at one place of the axis. */
const tip = (look: Look, trigger: "item" | "axis", formatter: (found: never) => string, more: Option = {}): Option => ({ tooltip: { ...(frame(look).tooltip as Option), trigger, formatter, ...more } });

/** What the library says of the thing under the pointer. */
interface Pointed {
  seriesIndex: number;
  seriesName: string;
  dataIndex: number;
  marker: string;
  name: string;
  value: unknown;
}

const short = (value: unknown): string => (typeof value === "number" ? formatNumber(value, 4) : Array.isArray(value) ? value.map(short).join(", ") : String(value ?? "–"));

const range = (low: number | null | undefined, high: number | null | undefined): string => (typeof low === "number" && typeof high === "number" ? ` (${t.plot.interval(short(low), short(high))})` : "");

/** Colour, dashes and symbol of a series: 25 of them can be told apart. */
const ink = (look: Look, index: number) => {
  const turn = index + Math.floor(index / look.series.length);
  return { color: look.series[index % look.series.length], dash: DASHES[turn % DASHES.length], symbol: SYMBOLS[turn % SYMBOLS.length] };
};

const axis = (look: Look, name: string, more: Option = {}): Option => ({
  type: "value",
  name,
  nameLocation: "middle",
  nameGap: 28,
  nameTextStyle: { color: look.calm, fontSize: 11 },
  nameTruncate: { maxWidth: 240, ellipsis: "…" },
  axisLine: { show: true, lineStyle: { color: look.line } },
  axisTick: { show: false },
  axisLabel: { color: look.calm, fontSize: 11, hideOverlap: true, ...(more.type === "category" || more.type === "time" ? {} : { formatter: formatTick }) },
  splitLine: { show: more.type !== "category", lineStyle: { color: look.line, opacity: 0.5 } },
  scale: true,
  ...more,
});

/** Numbers that may be years are written as years. */
const years = (values: (number | string | undefined)[]): boolean => values.every((value) => typeof value === "number" && value >= 1_000 && value < 3_000);
const asYears = (look: Look, values: (number | string | undefined)[]): Option => (years(values) ? { axisLabel: { color: look.calm, fontSize: 11, hideOverlap: true, formatter: formatCell } } : {});

const legend = (look: Look, count: number, data?: string[], mark: Option = { itemWidth: 26, itemHeight: 8 }): Option =>
  count > 1 ? { legend: { type: "scroll", bottom: 0, ...mark, textStyle: { color: look.text, fontSize: 11 }, pageTextStyle: { color: look.text }, ...(data ? { data } : {}) } } : {};

const room = (count: number, left = 48): Option => ({ grid: { left, right: 18, top: 14, bottom: count > 1 ? 66 : 44, containLabel: false } });

/** Only where somebody means it: the wheel alone scrolls the page. */
const ZOOM = [
  { type: "inside", filterMode: "none", zoomOnMouseWheel: "ctrl", moveOnMouseMove: false },
  { type: "inside", orient: "vertical", filterMode: "none", zoomOnMouseWheel: "ctrl", moveOnMouseMove: false },
];

/** At one place of the axis: what each line says there, with the ends of its band. */
function linesTip(form: Lines, found: Pointed[]): string {
  const place = (found[0]?.value as unknown[] | undefined)?.[0];
  const words = found.map(({ seriesName, dataIndex, marker, value }) => {
    const one = form.series.find(({ name }) => name === seriesName);
    return `${marker}${form.series.length > 1 ? seriesName : form.y}: ${short((value as unknown[])[1])}${range(one?.low?.[dataIndex], one?.high?.[dataIndex])}`;
  });
  return [`${form.x}: ${form.axis === "time" ? formatDay(String(place)) : typeof place === "number" && years([place]) ? formatCell(place) : short(place)}`, ...words].join("\n");
}

function lines(form: Lines, look: Look): Option {
  const type = form.axis ?? "value";
  const ends = form.unit ? { min: 0, max: 1 } : {};
  const drawn = form.series.flatMap((one, index) => {
    const { color, dash, symbol } = ink(look, index);
    const line = {
      type: "line",
      name: one.name,
      data: one.x.map((x, row) => [x, one.y[row] ?? null]),
      showSymbol: Boolean(form.dots) || one.x.length <= 2,
      symbol,
      symbolSize: 6,
      lineStyle: { width: 2, type: dash },
      itemStyle: { color },
      // A finger or a shaking hand finds the line, too.
      triggerLineEvent: true,
    };
    return one.low ? [line, ...band(one, color)] : [line];
  });
  if (form.guess) drawn.push({ type: "line", name: "", data: form.guess, showSymbol: false, silent: true, tooltip: { show: false }, lineStyle: { width: 1, type: [4, 4], color: look.calm } } as never);
  if (form.at) drawn.push({ type: "scatter", name: "", data: [form.at], silent: true, symbolSize: 13, z: 9, itemStyle: { color: look.text, borderColor: look.card, borderWidth: 2 }, tooltip: { show: false } } as never);
  const first = drawn[0] as Option | undefined;
  if (first && form.marks?.length) first.markLine = markLine(form.marks, look);
  const names = form.series.map((one) => one.name);
  return {
    ...room(form.series.length),
    ...legend(look, form.series.length, names),
    ...tip(look, "axis", (found: Pointed[]) => linesTip(form, found), { axisPointer: { type: "line" } }),
    xAxis: axis(look, form.x, { type, ...(type === "value" ? ends : {}), ...asYears(look, form.series.flatMap((one) => one.x)) }),
    yAxis: axis(look, form.y, { ...ends, nameGap: 36 }),
    dataZoom: ZOOM.slice(0, 1),
    series: drawn,
  };
}

/** From low to high behind the line: two invisible lines with the space between filled, on either side of zero. */
const band = (one: Lines["series"][number], colour: string | undefined) => {
  const base = { type: "line", silent: true, showSymbol: false, stack: `band ${one.name}`, stackStrategy: "all", lineStyle: { opacity: 0 }, tooltip: { show: false } };
  return [
    { ...base, name: " ", data: one.x.map((x, row) => [x, one.low?.[row] ?? null]) },
    { ...base, name: " ", data: one.x.map((x, row) => [x, typeof one.low?.[row] === "number" && typeof one.high?.[row] === "number" ? one.high[row] - one.low[row] : null]), areaStyle: { color: colour, opacity: 0.16 } },
  ];
};

const markLine = (marks: { at: number; name: string }[], look: Look): Option => ({
  silent: true,
  symbol: "none",
  animation: false,
  lineStyle: { color: look.calm, type: [3, 3] },
  label: { color: look.text, fontSize: 11, formatter: "{b}" },
  // The name stands to the left of its line: a mark is often at the right edge. The next one stands lower, so that two that are near can both be read.
  data: marks.map((one, place) => ({ name: one.name, xAxis: one.at, label: { align: "right", padding: [0, 4, 0, 0], offset: [0, 13 * place + 12] } })),
});

const LETTER = 6.2;
const BESIDE = 220;

function bars(form: Bars, look: Look): Option {
  const turn = <T>(values: readonly T[]): T[] => (form.across ? [...values].reverse() : [...values]);
  const labels = turn(form.labels ?? form.names);
  const longest = Math.max(...labels.flatMap((one) => one.split("\n").map((line) => line.length)));
  // On a phone the names leave half of the width to the bars.
  const beside = Math.min(BESIDE, look.width ? look.width * 0.4 : BESIDE, longest * LETTER + 4);
  const tilted = !form.across && Boolean(look.width) && longest * LETTER > ((look.width ?? 0) - 70) / labels.length;
  const shown = form.series.filter((one) => !one.hidden);
  const label = { color: look.calm, fontSize: 11, ...(form.across ? { width: beside, overflow: "truncate" } : tilted ? { rotate: 40, width: 90, overflow: "truncate", interval: 0 } : { hideOverlap: true, lineHeight: 14 }) };
  const category = axis(look, form.across || tilted ? "" : form.x, { type: "category", data: labels, axisLabel: label, nameGap: form.labels ? 42 : 28 });
  const value = axis(look, form.across ? form.x : form.y, { scale: Boolean(form.stacked), nameGap: form.across ? 28 : 40 });
  const drawn = form.series.flatMap((one, index) => {
    const place = form.series.some((other) => other.hidden) ? index - 1 : index;
    const bar: Option = {
      type: "bar",
      name: one.name,
      data: turn(one.values).map((of) => (form.stacked ? (of ?? 0) : of)),
      barMaxWidth: 64,
      ...(form.stacked ? { stack: "all", stackStrategy: "all" } : {}),
      itemStyle: one.hidden ? { opacity: 0 } : { color: ink(look, Math.max(0, place)).color, ...(place > 0 ? { decal: decal(look, place) } : {}) },
      ...(one.hidden ? { silent: true, tooltip: { show: false } } : {}),
      ...(index === 0 && form.mark ? { markLine: { ...markLine([], look), data: [{ name: form.mark.name, [form.across ? "xAxis" : "yAxis"]: form.mark.at }] } } : {}),
    };
    return one.low ? [bar, whiskers(one, turn, Boolean(form.across), look)] : [bar];
  });
  const bottom = (shown.length > 1 ? 66 : 44) + (tilted ? Math.min(90, longest * LETTER) * 0.5 : form.labels && !form.across ? 14 : 0);
  return {
    grid: { left: form.across ? beside + 14 : 52, right: 18, top: form.mark ? 26 : 14, bottom },
    ...legend(look, shown.length, shown.map((one) => one.name), { icon: "roundRect", itemWidth: 18, itemHeight: 10 }),
    ...tip(look, "axis", (found: Pointed[]) => barsTip(form, shown, found), { axisPointer: { type: "shadow" } }),
    xAxis: form.across ? value : category,
    yAxis: form.across ? category : value,
    series: drawn,
  };
}

/** The whole name, and what each bar says. Steps of a waterfall go up or down: only one of them. */
function barsTip(form: Bars, shown: Bars["series"], found: Pointed[]): string {
  const at = found[0]?.dataIndex ?? 0;
  const row = form.across ? form.names.length - 1 - at : at;
  const words = shown.flatMap((one) => {
    const value = one.values[row];
    if (form.stacked && (value === null || value === undefined)) return [];
    const marker = found.find(({ seriesName }) => seriesName === one.name)?.marker ?? "";
    return [`${marker}${shown.length > 1 ? one.name : form.across ? form.x : form.y}: ${short(value)}${range(one.low?.[row], one.high?.[row])}`];
  });
  return [(form.labels?.[row] ?? form.names[row] ?? "").replace("\n", " · "), ...words].join("\n");
}

/** Bars between the edges themselves, on an axis of numbers; what comes second is drawn as an outline over the first. */
function histogram(form: Histogram, look: Look): Option {
  const drawn = form.series.map((one, index) => {
    const { color } = ink(look, index);
    return {
      type: "custom",
      name: one.name,
      itemStyle: { color },
      data: one.counts.map((count, row) => [form.edges[row], form.edges[row + 1], count]),
      encode: { x: [0, 1], y: 2 },
      z: 2 + index,
      renderItem: (_: unknown, api: Pen) => {
        const [[left, top], [right, bottom]] = [api.coord([api.value(0), api.value(2)]), api.coord([api.value(1), 0])];
        const shape = { x: left, y: top, width: Math.max(1.5, right - left - 1), height: bottom - top };
        return { type: "rect", shape, style: index === 0 ? { fill: color, opacity: form.series.length > 1 ? 0.55 : 1 } : { fill: "none", stroke: color, lineWidth: 2, lineDash: index === 1 ? null : [4, 3] } };
      },
    } as Option;
  });
  const edge = years(form.edges) ? formatCell : formatNumber;
  if (drawn[0] && typeof form.mark === "number") drawn[0].markLine = { ...markLine([{ at: form.mark, name: short(form.mark) }], look), lineStyle: { color: look.text, width: 1.5, type: [4, 3] } };
  return {
    ...room(form.series.length, 52),
    ...legend(look, form.series.length, form.series.map((one) => one.name), { icon: "roundRect", itemWidth: 18, itemHeight: 10 }),
    ...tip(look, "item", ({ dataIndex: row }: Pointed) => {
      const words = form.series.map((one) => `${form.series.length > 1 ? one.name : form.y}: ${short(one.counts[row])}`);
      return [`${form.x}: ${t.plot.interval(edge(form.edges[row] ?? 0), edge(form.edges[row + 1] ?? 0))}`, ...words].join("\n");
    }),
    xAxis: axis(look, form.x, asYears(look, form.edges)),
    yAxis: axis(look, form.y, { scale: false, minInterval: 1, nameGap: 40 }),
    series: drawn,
  };
}

interface Pen {
  value: (at: number) => number;
  coord: (at: number[]) => [number, number];
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
  renderItem: (_: unknown, api: Pen) => {
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
  const drawn: Option[] = form.groups.map((one, index) => {
    const { color, symbol } = ink(look, index);
    return { type: "scatter", name: one.name, data: one.points, symbol, symbolSize: all.length > MANY_POINTS ? 6 : 9, itemStyle: { color, opacity: 0.65 } };
  });
  if (form.marks?.length) {
    // With an edge of the ground, so that it can be read over the points.
    const label = { show: true, formatter: "{b}", position: "top", color: look.text, fontWeight: "bold", textBorderColor: look.card, textBorderWidth: 3 };
    drawn.push({ type: "scatter", name: "", symbol: "diamond", symbolSize: 16, z: 9, itemStyle: { color: look.text, borderColor: look.card, borderWidth: 2 }, label, data: form.marks.map((one) => ({ name: one.name, value: one.at })) });
  }
  const guide = form.diagonal ? diagonal(all) : form.zero ? acrossZero(all) : null;
  if (guide) drawn.push({ type: "line", name: "", data: guide, showSymbol: false, silent: true, tooltip: { show: false }, lineStyle: { width: 1, type: [4, 4], color: look.calm } });
  return {
    ...room(form.groups.length, 56),
    ...legend(look, form.groups.length, form.groups.map((one) => one.name), { itemWidth: 14, itemHeight: 10 }),
    ...tip(look, "item", ({ seriesName, name, marker, value }: Pointed) => {
      const [x, y] = value as [number, number];
      const group = form.groups.length > 1 ? seriesName || name : name;
      return [...(group ? [`${marker}${group}`] : []), `${form.x}: ${short(x)}`, `${form.y}: ${short(y)}`].join("\n");
    }),
    xAxis: axis(look, form.x, asYears(look, all.map(([x]) => x))),
    yAxis: axis(look, form.y, { nameGap: 44, ...asYears(look, all.map(([, y]) => y)) }),
    dataZoom: ZOOM,
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

function boxes(form: Boxes, look: Look): Option {
  const names = form.boxes.map((one) => one.group);
  const longest = Math.max(...names.map((one) => one.length));
  const tilted = longest * LETTER > ((look.width || 560) - 74) / names.length;
  const label = { color: look.calm, fontSize: 11, ...(tilted ? { rotate: 40, width: 90, overflow: "truncate", interval: names.length > 30 ? "auto" : 0 } : {}) };
  const box = ({ group, rows, low, q1, median, q3, high }: Boxes["boxes"][number]) =>
    [
      ...(group ? [group] : []),
      `${t.data.rows}: ${short(rows)}`,
      `${t.plot.whisker2}: ${short(high)}`,
      `Q3: ${short(q3)}`,
      `${t.plot.median}: ${short(median)}`,
      `Q1: ${short(q1)}`,
      `${t.plot.whisker}: ${short(low)}`,
    ].join("\n");
  return {
    grid: { left: 56, right: 18, top: 14, bottom: tilted ? 44 + Math.min(90, longest * LETTER) * 0.5 : 44 },
    ...tip(look, "item", ({ seriesIndex, dataIndex, value }: Pointed) => {
      const found = seriesIndex === 0 ? form.boxes[dataIndex] : undefined;
      return found ? box(found) : `${names[(value as number[])[0] ?? 0] ?? ""}\n${form.y}: ${short((value as number[])[1])}`;
    }),
    xAxis: axis(look, tilted ? "" : form.x, { type: "category", data: names, axisLabel: label }),
    yAxis: axis(look, form.y, { nameGap: 44 }),
    series: [
      { type: "boxplot", boxWidth: [7, 60], data: form.boxes.map((one) => [one.low, one.q1, one.median, one.q3, one.high]), itemStyle: { color: "transparent", borderColor: look.series[0], borderWidth: 1.6 } },
      { type: "scatter", data: form.boxes.flatMap((one, place) => (one.outliers ?? []).map((value) => [place, value])), symbolSize: 5, itemStyle: { color: look.series[1], opacity: 0.7 } },
    ],
  };
}

const FEW_CELLS = 144;

function heat(form: Heat, look: Look): Option {
  const data = form.y.flatMap((_, row) => form.x.map((__, column) => [column, row, form.values[row]?.[column] ?? "-"]));
  const label = { axisLabel: { color: look.calm, fontSize: 11, width: 110, overflow: "truncate", interval: 0, rotate: form.x.length > 5 ? 40 : 0 }, splitLine: { show: false } };
  return {
    ...tip(look, "item", ({ value }: Pointed) => {
      const [column, row, cell] = value as [number, number, unknown];
      return `${form.y[row] ?? ""} × ${form.x[column] ?? ""}\n${form.measure}: ${typeof cell === "number" ? short(cell) : "–"}`;
    }),
    grid: { left: 120, right: 18, top: 14, bottom: form.x.length > 5 ? 146 : 76 },
    xAxis: axis(look, "", { type: "category", data: form.x, ...label }),
    yAxis: axis(look, "", { type: "category", data: form.y, inverse: true, ...label, axisLabel: { ...label.axisLabel, rotate: 0 } }),
    visualMap: { min: form.low, max: form.high, calculable: true, orient: "horizontal", left: "center", bottom: 0, itemWidth: 12, itemHeight: 120, inRange: { color: look.heat }, textStyle: { color: look.calm, fontSize: 11 }, formatter: (value: number) => formatTick(value) },
    series: [{ type: "heatmap", data, label: { show: data.length <= FEW_CELLS, color: look.text, fontSize: 11, formatter: ({ value }: { value: unknown[] }) => (typeof value[2] === "number" ? formatNumber(value[2], 2) : "") } }],
  };
}
