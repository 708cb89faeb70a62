import { describe, expect, it } from "vitest";
import page from "../../../docs/charts.md?raw";
import { arranged, flat } from "./arrange";
import { formatCell, formatNumber, formatTick } from "../strings";
import { formOf, furtherOf, waterfall } from "./forms";
import type { Chart } from "./kinds";
import { noteOf } from "./notes";
import { type Look, optionOf } from "./option";
import { placed } from "./tree";
import { twinOf } from "./twin";

const LOOK: Look = { series: ["#111", "#222"], text: "#000", calm: "#555", line: "#ccc", card: "#fff", heat: ["#00f", "#fff", "#f00"], still: true };
// Every kind of the page that declares them, with its example.
const EXAMPLES = [...page.matchAll(/```json\n(.*?)\n```/gs)].map(([, text]) => JSON.parse(text ?? "") as Chart);
const TABLES = new Set(["metrics", "table", "leaderboard", "trials", "drift", "profile", "confusion", "tree"]);

describe("every declared kind of chart", () => {
  it("is on the page", () => expect(EXAMPLES.length).toBeGreaterThan(20));

  it.each(EXAMPLES.map((chart) => [chart.kind, chart] as const))("%s is drawn or is a table", (kind, chart) => {
    const form = formOf([chart]);
    if (TABLES.has(kind)) expect(form).toBeNull();
    else {
      if (!form) throw new Error(`${kind} has no picture`);
      const twin = twinOf(form);
      expect(twin.rows.length).toBeGreaterThan(0);
      for (const row of twin.rows) expect(row).toHaveLength(twin.columns.length);
      const option = optionOf(form, LOOK);
      expect((option.series as unknown[]).length).toBeGreaterThan(0);
      expect((option.tooltip as { renderMode: string }).renderMode).toBe("richText");
      expect(JSON.stringify(optionOf(form, LOOK))).toBe(JSON.stringify(option));
    }
  });

  it.each(EXAMPLES.map((chart) => [chart.kind, chart] as const))("%s without its figures breaks nothing", (kind) => {
    expect(formOf([{ kind }])).toBeNull();
    expect(flat({ kind }).rows).toEqual([]);
  });
});

describe("charts together", () => {
  const roc = (model: string): Chart => ({ kind: "roc", model, fpr: [0, 1], tpr: [0, 1], thresholds: [1, 0], auc: 0.5 });
  const confusion: Chart = { kind: "confusion", labels: ["0", "1"], counts: [[3, 1], [1, 3]] };

  it("draws models of one kind over each other", () => {
    const { together, first, rest } = arranged([roc("a"), confusion, roc("b"), { kind: "metrics" }]);
    expect(together).toBeNull();
    expect([first, rest].map((groups) => groups.map((group) => group.map((one) => one.kind)))).toEqual([[["metrics"]], [["roc", "roc"], ["confusion"]]]);
    const form = formOf(rest[0] ?? []);
    expect(form?.form === "lines" && form.series.map((one) => one.name)).toEqual(["a · 0.5", "b · 0.5"]);
  });

  it("joins what one threshold moves", () => {
    const { together, rest } = arranged([confusion, roc("a"), { kind: "lift", shares: [1], gain: [1] }]);
    expect(together?.confusion).toBe(confusion);
    expect(rest).toHaveLength(1);
  });
});

describe("a waterfall", () => {
  it("ends at the answer", () => {
    const rows = [{ row: 0, output: 1.3, contributions: [{ feature: "sex", value: "f", contribution: 1.7 }, { feature: "age", value: 3, contribution: 0.2 }] }];
    const form = waterfall({ kind: "contributions", base: -0.6, rows }, 0);
    const [below, up] = [form?.series[0]?.values ?? [], form?.series[1]?.values ?? []];
    expect((below[1] ?? 0) + (up[1] ?? 0)).toBeCloseTo(1.3);
  });
});

describe("a tree", () => {
  const node = (parent: number | null, question: string | null) => ({ parent, holds: parent === null ? null : true, question, rows: 1, answer: "a" });

  it("stands with each question in the middle of what it leads to, read depth first", () => {
    // 0 asks 1 and 2; 1 asks 3 and 4.
    const nodes = placed({ kind: "tree", nodes: [node(null, "x"), node(0, "y"), node(0, null), node(1, null), node(1, null)] });
    expect(nodes.map((one) => [one.at, one.depth, one.line])).toEqual([
      [0, 0, 1.25],
      [1, 1, 0.5],
      [3, 2, 0],
      [4, 2, 1],
      [2, 1, 2],
    ]);
  });

  it("is nothing without nodes", () => expect(placed({ kind: "tree" })).toEqual([]));
});

type Drawn = { series: Record<string, unknown>[]; tooltip: { formatter: (found: unknown) => string }; xAxis: { axisLabel: { formatter?: (value: number) => string } } };
const drawn = (chart: Chart): Drawn => {
  const form = formOf([chart]);
  if (!form) throw new Error("no picture");
  return optionOf(form, LOOK) as unknown as Drawn;
};

describe("pictures below zero", () => {
  it("stack the steps of a waterfall across it", () => {
    const rows = [{ row: 0, output: -0.39, contributions: [{ feature: "class", value: "1st", contribution: 1.32 }, { feature: "sex", value: "male", contribution: -1.01 }] }];
    const option = drawn({ kind: "contributions", base: -0.7, rows });
    const bars = option.series.map((one) => one.data as number[]);
    // The last step comes first: the axis of names runs upwards. No value is missing, for a missing one would end the stack.
    [[-0.39, -0.7], [0, 1.32], [1.01, 0]].forEach((wanted, index) => bars[index]?.forEach((value, row) => expect(value).toBeCloseTo(wanted[row] ?? Number.NaN)));
    expect(option.series.map((one) => one.stackStrategy)).toEqual(["all", "all", "all"]);
    expect(option.tooltip.formatter([{ dataIndex: 0, seriesName: "lowers", marker: "" }])).toBe("sex = male\nlowers: 1.01");
  });

  it("keep a band around its line", () => {
    const option = drawn({ kind: "partial_dependence", feature: "age", values: [1, 2], average: [-1, 0.5], low: [-2, -1], high: [-0.5, 1], output: "log-odds" });
    const [, low, space] = option.series;
    expect([low?.data, space?.data]).toEqual([[[1, -2], [2, -1]], [[1, 1.5], [2, 2]]]);
    expect([low?.stackStrategy, space?.stackStrategy]).toEqual(["all", "all"]);
  });
});

describe("what a picture says in words", () => {
  it("marks the limit of a histogram, on an axis of numbers", () => {
    const option = drawn({ kind: "histogram", column: "oddness", edges: [0, 1, 2], series: [{ name: "all", counts: [3, 4] }], mark: 1.5 });
    expect(option.series[0]?.markLine).toMatchObject({ data: [{ xAxis: 1.5, name: "1.5" }] });
    expect(option.tooltip.formatter({ dataIndex: 1 })).toBe("oddness: 1 to 2\nrows: 4");
  });

  it("gives thresholds that are one a single mark", () => {
    const marks = (best: number) => {
      const form = formOf([{ kind: "threshold", thresholds: [0, 1], cost: [1, 2], chosen: 0.5, best }]);
      return form?.form === "lines" ? form.marks?.map((one) => one.name) : null;
    };
    expect([marks(0.5), marks(0.9)]).toEqual([["chosen, cheapest"], ["chosen", "cheapest"]]);
  });

  it("names the model where a chart stands alone, and how residuals spread", () => {
    const chart: Chart = { kind: "residuals", model: "Ridge", predicted: [1], residuals: [2], edges: [0, 1], counts: [1], total: 1 };
    expect([formOf([chart])?.name, furtherOf(chart)?.name]).toEqual(["What is left over: Ridge", "How what is left over spreads: Ridge"]);
    expect(furtherOf({ ...chart, counts: [] })).toBeNull();
  });

  it("says areas and lift under the curves", () => {
    expect(noteOf({ kind: "roc", auc: 0.8213 })).toContain("0.821");
    expect(noteOf({ kind: "lift", shares: [0.02, 0.1, 1], gain: [0.05, 0.28, 1], lift: [2.5, 2.8, 1] })).toMatch(/first 10% .* 28% .* 2\.8 times/);
    expect(noteOf({ kind: "lift" })).toBeUndefined();
  });

  it("lays many names down, and writes years as years", () => {
    const bar = (names: string[]) => formOf([{ kind: "bar", x: names, x_title: "state", y_title: "count", series: [{ name: "all", values: names.map(() => 1) }] }]);
    expect([bar(["a", "b"]), bar(Array.from({ length: 30 }, String))].map((form) => form?.form === "bars" && form.across)).toEqual([false, true]);
    const year = drawn({ kind: "line", x: [1990, 2020], x_title: "year", y_title: "count", series: [{ name: "all", values: [1, 2] }] });
    const income = drawn({ kind: "line", x: [1_990, 20_200], x_title: "income", y_title: "count", series: [{ name: "all", values: [1, 2] }] });
    expect([year, income].map((one) => one.xAxis.axisLabel.formatter?.(1_990))).toEqual(["1990", "1,990"]);
    const time = drawn({ kind: "line", x: ["2023-01-01T00:00:00"], x_title: "month", y_title: "count", series: [{ name: "all", values: [1] }] });
    expect(time.xAxis.axisLabel.formatter).toBeUndefined();
  });
});

describe("numbers for people", () => {
  it.each([
    [0.8297, "0.83"], [41.5112, "41.51"], [153.456, "153.5"], [123_456.7, "123,457"], [0.012345, "0.012"], [0.0000123, "0.000012"], [1.23e-9, "1.23e-9"], [1e-17, "0"], [1_309, "1,309"], [2e20, "2e20"],
  ])("%d is %s", (value, words) => expect(formatNumber(value)).toBe(words));

  it("keeps cells as the table has them", () => expect([1912, 1234567.891, 71.2833, 0.0001234, 9007199254740991].map(formatCell)).toEqual(["1912", "1,234,567.89", "71.2833", "0.0001234", "9007199254740991"]));

  it("is short at an axis", () => expect([2_500_000, 12_000, 0.05].map(formatTick)).toEqual(["2.5M", "12,000", "0.05"]));
});

describe("shares by day", () => {
  it("are drawn from 0 to 1, and every day stays in view", () => {
    const option = optionOf({ form: "lines", name: "accuracy", x: "day", y: "accuracy", axis: "category", unit: true, series: [{ name: "accuracy", x: ["11-01", "11-02", "11-03"], y: [null, 0.9, 1] }] }, LOOK);
    expect(option.yAxis).toMatchObject({ min: 0, max: 1 });
    expect(option.xAxis).not.toHaveProperty("max");
  });
});
