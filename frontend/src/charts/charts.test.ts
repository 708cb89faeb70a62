import { describe, expect, it } from "vitest";
import page from "../../../docs/charts.md?raw";
import { arranged, flat } from "./arrange";
import { formOf, waterfall } from "./forms";
import type { Chart } from "./kinds";
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
    const { together, groups } = arranged([roc("a"), confusion, roc("b")]);
    expect(together).toBeNull();
    expect(groups.map((group) => group.map((one) => one.kind))).toEqual([["roc", "roc"], ["confusion"]]);
    const form = formOf(groups[0] ?? []);
    expect(form?.form === "lines" && form.series.map((one) => one.name)).toEqual(["a · 0.5", "b · 0.5"]);
  });

  it("joins what one threshold moves", () => {
    const { together, groups } = arranged([confusion, roc("a"), { kind: "lift", shares: [1], gain: [1] }]);
    expect(together?.confusion).toBe(confusion);
    expect(groups).toHaveLength(1);
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
