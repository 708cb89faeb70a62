import fc from "fast-check";
import { describe, expect, it } from "vitest";
import catalogFile from "../../../chalicelib/catalog.json";
import titanic from "../../../statemachines/titanic.workflow.json";
import type { NodeRun, Run, Schemas } from "../api/client";
import { curl, feedback, javascript, python } from "./calls";
import { asMarkdown, modelCard, tagsFrom, tagsOf } from "./card";
import { compare } from "./compare";
import { pearson } from "./correlation";
import { wires } from "./connect";
import { putBefore, waysOut } from "./fixes";
import { journal } from "./journal";
import { addressOf, madeAt, placed } from "./lineage";
import { nodeOf } from "./lookup";
import { better, metricTitle } from "./metric";
import { cellRows, tablesOf } from "./ports";
import { dayOf, days } from "./table";
import { whyWords } from "./reasons";
import { cheapest, cost, fromCounts, matrix, nearest } from "./threshold";
import { ticks, timeline } from "./timeline";
import { byType, type Catalog, type DrawnNode, type Workflow } from "./types";
import { waitsFor } from "./waiting";
import { pushes, variants } from "./whatif";

const types = byType(catalogFile as unknown as Catalog);
const known = (catalogFile as unknown as Catalog).metrics;
const workflow = { ...(titanic as unknown as Workflow), nodes: titanic.nodes.map((node) => ({ ...node, data: { params: {}, ...node.data } })) } as Workflow;

const START = Date.parse("2026-11-25T10:00:00.000Z");
const at = (seconds: number) => new Date(START + seconds * 1000).toISOString();
const nodeRun = (node: string, from: number, to: number, billed = 1000 * (to - from)): NodeRun =>
  ({ node, status: "succeeded", started_at: at(from), finished_at: at(to), billed_ms: billed, cost_usd: 0.001, metrics: {} }) as unknown as NodeRun;
const run = (nodes: NodeRun[], end: number | null): Run => ({ created_at: at(0), finished_at: end === null ? null : at(end), nodes }) as unknown as Run;

describe("figures in words", () => {
  it("are those of the catalogue, with the part they are of", () => {
    expect(["roc_auc", "second_rmse", "train_f1", "sex_parity_ratio"].map((name) => metricTitle(name, known))).toEqual(["ROC AUC", "second: root mean squared error", "train: F1", "sex parity ratio"]);
    expect(metricTitle("constructor", known)).toBe("constructor");
  });
});

describe("days", () => {
  const columns = ["when", "at", "empty"].map((name) => ({ name, type: "datetime" }));

  it("are columns of instants of which none says a time", () => {
    const rows = [["2023-01-01 00:00:00", "2023-01-01 00:00:00", null], [null, "2023-01-01 08:30:00", null]];
    expect([...days(columns, rows)]).toEqual([0, 2]);
    expect([...days(columns.map((one) => ({ ...one, type: "text" })), rows)]).toEqual([]);
    expect(dayOf("2023-01-01 00:00:00")).toBe("2023-01-01");
  });
});

describe("the timeline", () => {
  const inputs = new Map([
    ["split", ["load"]],
    ["left", ["split"]],
    ["right", ["split"]],
    ["end", ["left", "right"]],
  ]);

  it("tells waiting, starting up and working apart", () => {
    const { bars, length } = timeline(run([nodeRun("load", 2, 3, 2500)], 4), inputs, START);
    expect(bars[0]).toMatchObject({ ready: 0, start: 0.5, work: 2, end: 3, critical: true });
    expect(length).toBe(4);
  });

  it("marks the chain that decided the end", () => {
    const nodes = [nodeRun("load", 0, 1), nodeRun("split", 1, 2), nodeRun("left", 2, 3), nodeRun("right", 2, 5), nodeRun("end", 5, 6)];
    const critical = timeline(run(nodes, 6), inputs, START).bars.filter((bar) => bar.critical).map((bar) => bar.node);
    expect(critical).toEqual(["load", "split", "right", "end"]);
  });

  it("moves on while a node works, and stays in order for any times", () => {
    const open = { ...nodeRun("load", 1, 1), finished_at: null, status: "running" } as NodeRun;
    expect(timeline(run([open], null), inputs, START + 9_000).bars[0]?.end).toBe(9);
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(fc.constantFrom("load", "split", "left", "right", "end"), fc.float({ min: 0, max: 50, noNaN: true }), fc.float({ min: 0, max: 50, noNaN: true }), fc.integer({ min: 0, max: 90_000 })), { selector: ([node]) => node }), (raw) => {
        const nodes = raw.map(([node, from, long, billed]) => nodeRun(node, from, from + long, billed));
        for (const bar of timeline(run(nodes, 100), inputs, START).bars) {
          expect(bar.ready).toBeLessThanOrEqual(bar.start + 1e-9);
          expect(bar.start).toBeLessThanOrEqual(bar.work + 1e-9);
          expect(bar.work).toBeLessThanOrEqual(bar.end + 1e-9);
        }
      }),
    );
    expect(ticks(1.05).length).toBeLessThanOrEqual(9);
  });
});

describe("comparing runs", () => {
  const changed = { ...workflow, nodes: workflow.nodes.map((node) => (node.id === "train_model" ? { ...node, data: { ...node.data, params: { C: 0.1 } } } : node)) };
  const one = { document: workflow, nodes: [{ node: "evaluate", metrics: { accuracy: 0.8, log_loss: 0.4, roc_auc: 0.9, baseline_accuracy: 0.6 } }], seconds: 2, cost: 0.1 };
  const two = { document: changed, nodes: [{ node: "evaluate", metrics: { accuracy: 0.7, log_loss: 0.3, roc_auc: 0.8, baseline_accuracy: 0.6 } }], seconds: 2, cost: 0.2 };

  it("finds what differs, a default against a value included", () => {
    const differing = compare([one, two], types, known).filter((line) => line.differs);
    expect(differing.filter((line) => line.group === "params").map((line) => line.values)).toEqual([[1, 0.1]]);
    expect(differing.filter((line) => line.group === "metrics").map((line) => [line.name, line.best])).toEqual([
      ["accuracy", 0],
      ["log loss", 1],
      ["ROC AUC", 0],
    ]);
    expect(differing.find((line) => line.name === "cost")?.best).toBe(0);
  });

  it("finds nothing between a run and itself, and says where a node is missing", () => {
    expect(compare([one, one], types, known).filter((line) => line.differs)).toEqual([]);
    const without = { ...one, document: { ...workflow, nodes: workflow.nodes.slice(0, 3) }, nodes: [] };
    expect(compare([one, without], types, known).find((line) => line.name === "accuracy")?.values).toEqual([0.8, undefined]);
  });
});

describe("which end of a figure is better", () => {
  it("is what the catalogue says, for every model of an evaluation", () => {
    expect(["accuracy", "second_rmse", "train_mae", "brier", "mcc"].map((name) => better(name, known))).toEqual(["high", "low", "low", "low", "high"]);
    expect(["baseline_accuracy", "accuracy_std", "odd_share", "constructor", "max_psi"].map((name) => better(name, known))).toEqual(Array(5).fill(undefined));
  });
});

describe("the threshold", () => {
  const counts = { thresholds: [0.25, 0.5, 0.75], tn: [150, 190, 205], fp: [68, 28, 13], fn: [20, 34, 60], tp: [91, 77, 51] };
  const all = fromCounts(counts);

  it("gives the matrix, the figures and the cost from four counts", () => {
    expect(all.map((one) => one.threshold)).toEqual([0.75, 0.5, 0.25]);
    expect(matrix(all[1] ?? (null as never))).toEqual([[190, 28], [34, 77]]);
    expect(nearest(all, [[190, 28], [34, 77]])).toBe(1);
    expect(cheapest(all, { falsePositive: 1, falseNegative: 1 })).toBe(1);
    expect(all[cheapest(all, { falsePositive: 1, falseNegative: 100 })]?.threshold).toBe(0.25);
    expect(cost(all[1] ?? (null as never), { falsePositive: 2, falseNegative: 3 })).toBe(2 * 28 + 3 * 34);
  });
});

describe("waiting", () => {
  it("names the nodes before, and nobody where nothing is open", () => {
    const status: Record<string, string> = { load_csv: "running", clean_data: "queued", train_test_split: "queued", train_model: "queued", evaluate: "queued" };
    expect(waitsFor(workflow, types, (node) => status[node], "clean_data")).toEqual({ names: ["Load CSV"], more: 0 });
    expect(waitsFor(workflow, types, (node) => status[node], "load_csv")).toBeUndefined();
    expect(waitsFor(workflow, types, () => "succeeded", "clean_data")).toBeUndefined();
    expect(waitsFor(workflow, types, (node) => (node === "evaluate" ? "queued" : "failed"), "evaluate")).toBeUndefined();
  });

  it("names a node before it once, whatever the number of lines, and no more than two", () => {
    const copies = [1, 2, 3].map((number) => ({ ...(nodeOf(workflow, "train_model") as DrawnNode), id: `train_${number}`, data: { label: `Train ${number}`, params: {} } }));
    const lines = copies.flatMap(({ id }, at) => [{ source: id, sourceHandle: "model", target: "evaluate", targetHandle: ["second", "third", "fourth"][at] ?? "" }]);
    const wide = { ...workflow, nodes: [...workflow.nodes, ...copies], connections: [...workflow.connections, ...lines, ...lines] };
    const found = waitsFor(wide, types, () => "queued", "evaluate");
    expect(found?.names).toHaveLength(2);
    expect((found?.names.length ?? 0) + (found?.more ?? 0)).toBe(new Set(wires(wide, types).filter((one) => one.target === "evaluate").map((one) => one.source)).size);
  });
});

describe("a fix", () => {
  it("puts a node in front and keeps what was connected", () => {
    const made = putBefore(workflow, types, "train_model", "preprocess");
    const known = made ? wires(made.workflow, types) : [];
    expect(known.filter((wire) => wire.target === made?.id)).toMatchObject([{ source: "train_test_split", sourceHandle: "train" }]);
    expect(known.filter((wire) => wire.target === "train_model")).toMatchObject([{ source: made?.id }]);
    expect(putBefore(workflow, types, "load_csv", "preprocess")).toBeNull();
  });

  it("is offered for what it mends, and running from there always", () => {
    expect(waysOut({ code: "features-missing-values" })).toEqual(["clean", "again"]);
    expect(waysOut({ code: "artifact-missing", field: null })).toEqual(["resume", "again"]);
    expect(waysOut({ code: "param-invalid", field: "params.test_size" })).toEqual(["open", "again"]);
    expect(waysOut(null)).toEqual([]);
  });
});

describe("calls", () => {
  it("write any row so that it is read back as it was", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null))), (row) => {
        const plain = JSON.parse(JSON.stringify(row)) as Record<string, unknown>;
        const shell = curl("http://127.0.0.1/predict/x", "fzk_1", row);
        const body = /-d '([\s\S]*)'$/.exec(shell)?.[1]?.replaceAll(`'\\''`, "'");
        expect(JSON.parse(body ?? "")).toEqual({ rows: [plain] });
        expect(/json\.loads\((".*?[^\\]"|"")\)\]/.exec(python("u", "k", row))).not.toBeNull();
        expect(python("u", "k", row).split("\n")).toHaveLength(7);
        const script = /rows: \[(.*)\] \}\),$/m.exec(javascript("u", "k", row))?.[1];
        expect(JSON.parse(script ?? "")).toEqual(plain);
      }),
    );
  });
});

describe("tags", () => {
  it("are read as they are written, and named where one is none", () => {
    const key = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,10}$/);
    const value = fc.stringMatching(/^[^\s\n]{1,20}$/u);
    fc.assert(
      fc.property(fc.dictionary(key, value, { noNullPrototype: true }), (tags) => {
        expect(tagsFrom(tagsOf(tags))).toEqual(tags);
      }),
    );
    expect(tagsFrom(["team=risk", " stage=a=b "])).toEqual({ team: "risk", stage: "a=b" });
    for (const wrong of ["team", "Team=x", "team=", "=x", `team=${"x".repeat(101)}`]) expect(tagsFrom(["stage=final", wrong])).toBeNull();
  });
});

describe("feedback", () => {
  it("is sent behind the address of the endpoint, whatever the class is called", () => {
    const shell = feedback("http://127.0.0.1/predict/x", "fzk_1", "it's");
    expect(shell).toContain("'http://127.0.0.1/predict/x/feedback'");
    const body = /-d '([\s\S]*)'$/.exec(shell)?.[1]?.replaceAll(`'\\''`, "'");
    expect(JSON.parse(body ?? "")).toEqual({ truth: [{ request_id: "REQUEST_ID", row: 0, value: "it's" }] });
  });
});

describe("what made an answer", () => {
  const features = [
    { name: "sex", type: "text", default: "male" },
    { name: "age", type: "number", default: 30 },
  ];

  it("is how far the answer moves when one field is typical", () => {
    const row = { sex: "female", age: 30 };
    expect(variants(row, features)[1]).toEqual({ sex: "male", age: 30 });
    const answers = [0.9, 0.3, 0.9].map((share) => ({ prediction: "1", probabilities: { "1": share, "0": 1 - share } }));
    expect(pushes(row, features, answers)).toEqual([{ name: "sex", value: "female", push: expect.closeTo(0.6) }]);
    expect(pushes(row, features, [])).toEqual([]);
  });
});

describe("tables", () => {
  it("knows the rows behind a cell however the class is written", () => {
    const keep = cellRows({ truth: "y", predicted: "p" }, { truth: "1", predicted: "0" });
    expect(keep([1, "0"], ["y", "p"])).toBe(true);
    expect(keep([1.0, 0], ["y", "p"])).toBe(true);
    expect(keep([0, "0"], ["y", "p"])).toBe(false);
    expect(keep([null, "0"], ["y", "p"])).toBe(false);
    expect(cellRows({ truth: "y", predicted: "p" }, { truth: "True", predicted: "False" })([true, false], ["y", "p"])).toBe(true);
  });

  it("lists ports first, then what lies beside the result", () => {
    const manifest = { outputs: { train: { kind: "table", sha256: "a" }, test: { kind: "closed" } }, attachments: { predictions: { sha256: "b", about: { truth: "y", predicted: "p" } } } };
    expect(tablesOf(types.train_test_split, manifest).map((one) => one.name)).toEqual(["train", "predictions"]);
  });

  it("correlates as it should", () => {
    expect(pearson([1, 2, 3, 4], [2, 4, 6, 8])).toBeCloseTo(1);
    expect(pearson([1, 2, 3], [5, 5, 5])).toBeNull();
    expect(pearson([1, Number.NaN, 3, 4], [4, 9, 2, 1])).toBeCloseTo(-1);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.double({ min: -1e6, max: 1e6, noNaN: true }))), (pairs) => {
        const [x, y] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
        const value = pearson(x, y);
        expect(value).toBe(pearson(y, x));
        if (value !== null) expect(Math.abs(value)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe("lineage", () => {
  it("has a place of its own for every thing", () => {
    const things = ["dataset:a", "run:1", "run:2", "version:m/1", "version:m/2", "endpoint:e"].map((id) => ({ id, kind: id.split(":")[0] ?? "", name: id }));
    const all = placed(things, [{ source: "run:2", target: "version:m/1" }]);
    expect(new Set(all.map((one) => `${one.column} ${one.row}`)).size).toBe(things.length);
  });

  it("knows when a run was made", () => {
    const id = "run_01KB7JXZ80QRSTVWXYZ0123456";
    expect(madeAt(`run:${id}`)?.toISOString()).toBe(new Date(Number.parseInt([..."01KB7JXZ80"].map((digit) => "0123456789ABCDEFGHJKMNPQRSTVWXYZ".indexOf(digit).toString(2).padStart(5, "0")).join(""), 2)).toISOString());
    expect([madeAt("dataset:sample:titanic"), madeAt("run:run_1")]).toEqual([null, null]);
  });

  it("leads to samples, too", () => {
    expect(addressOf({ id: "dataset:sample:titanic", kind: "dataset", name: "x" })).toBe("/data/sample:titanic");
  });
});

describe("words for people", () => {
  const names = (id: string) => id.toUpperCase();

  it("calls the node that was waited for by its name", () => {
    expect([whyWords("waiting for train", names), whyWords("miss: it has not run yet", names), whyWords(null, names)]).toEqual(["waiting for TRAIN", "it has not run yet", ""]);
  });

  it("tells a run in the order of time", () => {
    const failed = { ...nodeRun("train", 3, 4), status: "failed", error: { message: "no" }, log_tail: "a\n\nb\n" };
    const skipped = { node: "end", status: "skipped", started_at: null, finished_at: null, reason: "waiting for train" } as unknown as NodeRun;
    const told = journal([failed, skipped, { ...nodeRun("load", 1, 2), summary: "2 rows" }], names);
    expect(told.map((one) => `${one.node} ${one.words}`)).toEqual(["END skipped: waiting for TRAIN", "LOAD started", "LOAD succeeded: 2 rows", "TRAIN started", "TRAIN a", "TRAIN b", "TRAIN failed: no"]);
  });

  it("keeps the words of a model card in their cells", () => {
    const signature = { features: [{ name: "a|b", type: "number", min: 0, max: 9 }] };
    const version = { version: 3, estimator: "T", task: "classification", classes: ["<b>"], created_at: at(0), sha256: "s", description: "# no heading", tags: { team: "a|b", area: "x" }, metrics: { f1: 0.5, baseline_f1: 0.1 }, signature, lineage: { run: "r" } };
    const text = asMarkdown(modelCard("m", version as unknown as Schemas["ModelVersion"], ["champion"]));
    expect(text).toContain("| a\\|b | number | 0 – 9 |");
    expect(text).toContain("| f1 | 0.5 | 0.1 |");
    expect(text).toContain("area=x, team=a\\|b |");
    expect(text).toContain("\n\\# no heading\n");
    expect(text).toContain("\\<b\\>");
  });
});
