import { describe, expect, it } from "vitest";
import catalogFile from "../../../chalicelib/catalog.json";
import titanic from "../../../statemachines/titanic.workflow.json";
import { options, refusal, roleOf, wires } from "./connect";
import { addNode, freeId, setParam } from "./document";
import { withoutChosen } from "./frames";
import { begin, record, redo, seal, STEPS, undo } from "./history";
import { tidy } from "./layout";
import { byType, type Catalog, type Workflow } from "./types";

const types = byType(catalogFile as unknown as Catalog);
const workflow = { ...(titanic as unknown as Workflow), nodes: titanic.nodes.map((node) => ({ ...node, data: { params: {}, ...node.data } })) } as Workflow;

describe("connections", () => {
  it("finds the ports of connections without handles", () => {
    expect(wires(workflow, types)).toHaveLength(4);
    expect(wires(workflow, types).find((wire) => wire.target === "train_model")?.sourceHandle).toBe("train");
  });

  it("refuses with the reason", () => {
    const wire = (source: string, sourceHandle: string, target: string, targetHandle: string) =>
      refusal(workflow, types, { source, sourceHandle, target, targetHandle });
    expect(wire("evaluate", "evaluation", "clean_data", "table")).toMatch(/Needs table/);
    expect(wire("train_test_split", "test", "train_model", "table")).toMatch(/Test rows/);
    expect(wire("load_csv", "table", "clean_data", "table")).toMatch(/already/);
    expect(wire("train_test_split", "train", "clean_data", "table")).toMatch(/already|circle/);
    expect(wire("load_csv", "table", "load_csv", "table")).toMatch(/itself/);
    expect(wire("train_test_split", "test", "evaluate", "table")).toBeNull();
  });

  it("follows the role of rows through nodes that keep it", () => {
    const added = addNode(workflow, types.preprocess!, { x: 0, y: 0 });
    const drawn = { ...added.workflow, connections: [...added.workflow.connections, { source: "train_test_split", target: added.id, sourceHandle: "test" }] };
    expect(roleOf(drawn, types, added.id, "table")).toBe("test");
  });

  it("offers what may be connected by keyboard", () => {
    const targets = options(workflow, types, "train_test_split").map((wire) => `${wire.sourceHandle}>${wire.target}`);
    expect(targets).toContain("test>evaluate");
    expect(targets).not.toContain("test>train_model");
  });
});

describe("document", () => {
  it("gives free ids", () => {
    const taken = new Set(workflow.nodes.map((node) => node.id));
    expect(freeId(taken, "evaluate")).toBe("evaluate_2");
    expect(freeId(new Set(), "evaluate")).toBe("evaluate");
    expect(freeId(new Set(), "-<b>é")).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/);
  });

  it("removes a node with its connections", () => {
    const left = withoutChosen(workflow, new Set(["clean_data"]));
    expect(left.nodes).toHaveLength(4);
    expect(left.connections).toHaveLength(2);
  });

  it("takes a param back to its default", () => {
    const set = setParam(workflow, "clean_data", "normalize", false);
    expect(set.nodes[1]?.data.params).toEqual({ normalize: false });
    expect(setParam(set, "clean_data", "normalize", undefined).nodes[1]?.data.params).toEqual({});
  });

  it("tidies from left to right", async () => {
    const places = (await tidy(workflow)).nodes.map((node) => node.position.x);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(new Set(places).size).toBe(5);
  });

  it("tidies a selection where it lies and leaves the rest", async () => {
    const laid = await tidy(workflow, new Set(["train_model", "evaluate"]));
    expect(laid.nodes.slice(0, 3)).toEqual(workflow.nodes.slice(0, 3));
    expect(laid.nodes[3]?.position.x).toBe(Math.min(...workflow.nodes.slice(3).map((node) => node.position.x)));
  });
});

describe("history", () => {
  it("undoes and redoes at least a hundred steps", () => {
    let history = begin(0);
    for (let step = 1; step <= 150; step += 1) history = record(history, step);
    for (let step = 0; step < 120; step += 1) history = undo(history);
    expect(history.present).toBe(30);
    for (let step = 0; step < 500; step += 1) history = redo(history);
    expect(history.present).toBe(150);
  });

  it("forgets the oldest steps and drops the future after a new one", () => {
    let history = begin(0);
    for (let step = 1; step <= STEPS + 50; step += 1) history = record(history, step);
    expect(history.past).toHaveLength(STEPS);
    expect(record(undo(history), -1).future).toEqual([]);
    expect(undo(begin(1)).present).toBe(1);
  });
});

describe("intent", () => {
  it("takes what is typed into one field as one step, until it is left", () => {
    let history = ["F", "Fl", "Flo"].reduce((one, text) => record(one, text, "name"), begin(""));
    expect(undo(history).present).toBe("");
    history = record(seal(history), "Flow", "name");
    expect(undo(history).present).toBe("Flo");
    expect(redo(undo(history)).present).toBe("Flow");
    expect(record(record(begin(0), 1, "a"), 2, "b").past).toEqual([0, 1]);
  });
});
