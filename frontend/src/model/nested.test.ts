import { expect, test } from "vitest";
import type { NodeRun } from "../api/client";
import { namesOf } from "./lookup";
import { insideOf, opened, withCards } from "./nested";
import type { DrawnNode, Workflow } from "./types";

const run = (node: string, status: string, finished_at: string | null = null) => ({ node, status, finished_at, started_at: finished_at, rows_by_port: { table: 3 } }) as unknown as NodeRun;
const drawn = (id: string, type: string) => ({ id, type }) as unknown as DrawnNode;
const NODES = [drawn("c", "sub_workflow"), drawn("c2", "impute"), drawn("empty", "sub_workflow")];

const cardOf = (...runs: NodeRun[]) => Object.fromEntries(withCards(runs, NODES))["c"];

test("a card is what the worst of its nodes is, and asks for that one's figures", () => {
  expect(cardOf(run("c.a", "succeeded", "1"), run("c.b", "failed", "2"), run("c.d", "queued"))).toMatchObject({ node: "c.b", status: "failed", rows_by_port: {} });
  expect(cardOf(run("c.a", "cached"), run("c.b", "succeeded", "2"))).toMatchObject({ node: "c.b", status: "succeeded" });
  expect(cardOf(run("c.b", "succeeded", "2"), run("c.a", "succeeded", "1"))).toMatchObject({ node: "c.b" });
  expect(cardOf(run("c.a", "cached"), run("c.b", "cached"))).toMatchObject({ status: "cached" });
});

test("a card with a node behind it and one before it is at work", () => {
  expect(cardOf(run("c.a", "succeeded", "1"), run("c.b", "queued"))).toMatchObject({ status: "running" });
  expect(cardOf(run("c.a", "queued"), run("c.b", "queued"))).toMatchObject({ status: "queued" });
});

test("nodes that are drawn keep what they are, and a card without a run has none", () => {
  const found = withCards([run("c2", "failed"), run("c.a", "cached")], NODES);
  expect(found.map(([name]) => name)).toEqual(["c2", "c.a", "c"]);
});

test("a card leads to its workflow, once one is chosen; nothing else does", () => {
  const card = (type: string, params: Record<string, unknown>) => insideOf({ id: "c", type, data: { label: "", params } } as unknown as DrawnNode);
  expect(card("sub_workflow", { workflow: "wf_1" })).toBe("/workflows/wf_1");
  expect(card("sub_workflow", { workflow: "wf/1?run=#" })).toBe("/workflows/wf%2F1%3Frun%3D%23");
  expect([card("sub_workflow", {}), card("sub_workflow", { workflow: null }), card("sub_workflow", { workflow: 3 }), card("impute", { workflow: "wf_1" }), insideOf(undefined)]).toEqual([null, null, null, null, null]);
});

test("in a plan the nodes inside stand in the place of their card, under its name; a card that is not part of it stays", () => {
  expect(opened(["load", "c", "d", "x"], ["load", "c.b", "c.a", "x", "x.y"])).toEqual(["load", "c.b", "c.a", "d", "x"]);
  expect(opened(["c", "c.a"], ["c.a", "c.b"])).toEqual(["c.b", "c.a"]);
  const names = namesOf({ nodes: [{ id: "c", type: "sub_workflow", data: { label: "Clean" } }, { id: "x", type: "impute", data: { label: "" } }] } as unknown as Workflow, {});
  expect(["c", "c.a", "c.d.e", "x", "x.y", "gone"].map(names)).toEqual(["Clean", "Clean › a", "Clean › d.e", "impute", "x.y", "gone"]);
});
