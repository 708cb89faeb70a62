import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changes, fates } from "./changes";
import { connect, emptyWorkflow, rename, setParam } from "./document";
import { withoutChosen } from "./frames";
import { drawing } from "./drawings";
import { drawingOf, equal, factsOf } from "./facts";
import { merge } from "./merge";
import type { DrawnNode, Workflow } from "./types";

const node = (id: string, params: Record<string, unknown> = {}): DrawnNode => ({ id, type: "preprocess", position: { x: 0, y: 0 }, data: { label: id, params } });
const base: Workflow = { ...emptyWorkflow("base"), nodes: [node("a", { p: 1 }), node("b"), node("c")], connections: [{ source: "a", target: "b" }, { source: "b", target: "c" }] };
const same = (a: Workflow, b: Workflow) => equal(Object.fromEntries(factsOf(a)), Object.fromEntries(factsOf(b)));

describe("facts", () => {
  it("tell a whole drawing", () => {
    fc.assert(fc.property(drawing, (one) => void expect(same(drawingOf(factsOf(one)), one)).toBe(true)));
  });
});

describe("merging", () => {
  it("takes what only one side changed, whatever it is", () => {
    fc.assert(
      fc.property(drawing, drawing, (one, other) => {
        expect(merge(one, one, other)).toMatchObject({ collisions: [] });
        expect(same(merge(one, one, other).document, other)).toBe(true);
        expect(same(merge(one, other, one).document, other)).toBe(true);
        expect(same(merge(one, other, other).document, other)).toBe(true);
      }),
    );
  });

  it("never loses a side: every collision can be decided both ways, and nothing leads to nowhere", () => {
    fc.assert(
      fc.property(drawing, drawing, drawing, (one, mine, theirs) => {
        const { document, collisions } = merge(one, mine, theirs);
        const ids = new Set(document.nodes.map((each) => each.id));
        expect(document.connections.every((wire) => ids.has(wire.source) && ids.has(wire.target))).toBe(true);
        expect(ids.size).toBe(document.nodes.length);
        const decided = merge(one, mine, theirs, Object.fromEntries(collisions.map(({ path }) => [path, "theirs" as const])));
        expect(decided.collisions.map(({ path }) => path).sort()).toEqual(collisions.map(({ path }) => path).sort());
      }),
    );
  });

  it("keeps both where they do not touch", () => {
    const mine = setParam(base, "a", "p", 2);
    const theirs = connect({ ...rename(base, "b", "Better"), nodes: [...rename(base, "b", "Better").nodes, node("d")] }, { source: "c", target: "d" });
    const { document, collisions } = merge(base, mine, theirs);
    expect(collisions).toEqual([]);
    expect(document.nodes.map((each) => [each.id, each.data.label, each.data.params.p])).toEqual([["a", "a", 2], ["b", "Better", undefined], ["c", "c", undefined], ["d", "d", undefined]]);
    expect(document.connections).toHaveLength(3);
  });

  it("merges two params of one node, and asks about one that both changed", () => {
    expect(merge(base, setParam(base, "a", "p", 2), setParam(base, "a", "q", 3)).document.nodes[0]?.data.params).toEqual({ p: 2, q: 3 });
    const [mine, theirs] = [setParam(base, "a", "p", 2), setParam(base, "a", "p", 3)];
    const { collisions } = merge(base, mine, theirs);
    expect(collisions).toEqual([{ path: "node/a/param/p", base: 1, mine: 2, theirs: 3 }]);
    expect(merge(base, mine, theirs).document.nodes[0]?.data.params.p).toBe(2);
    expect(merge(base, mine, theirs, { "node/a/param/p": "theirs" }).document.nodes[0]?.data.params.p).toBe(3);
  });

  it("asks before a node goes that the other side changed, and takes all of it or nothing", () => {
    const removed = withoutChosen(base, new Set(["b"]));
    expect(merge(base, removed, base).document.connections).toEqual([]);
    const changed = connect(setParam(base, "b", "p", 5), { source: "a", target: "c" });
    const gone = merge(base, removed, changed);
    expect(gone.collisions.map(({ path }) => path)).toEqual(["node/b"]);
    expect(gone.document.nodes.map((each) => each.id).sort()).toEqual(["a", "c"]);
    const kept = merge(base, removed, changed, { "node/b": "theirs" }).document;
    expect(kept.nodes.find((each) => each.id === "b")?.data.params).toEqual({ p: 5 });
    expect(kept.connections).toHaveLength(3);
  });

  it("does not ask where only places differ, and lets a node that both removed go", () => {
    const at = (x: number): Workflow => ({ ...base, nodes: base.nodes.map((each) => ({ ...each, position: { x, y: 0 } })) });
    expect(merge(base, at(10), at(20))).toMatchObject({ collisions: [], document: { nodes: [{ position: { x: 10 } }, {}, {}] } });
    const [first, second] = [withoutChosen(base, new Set(["a", "b"])), withoutChosen(base, new Set(["b", "c"]))];
    expect(merge(base, first, second)).toEqual({ document: { ...base, nodes: [], connections: [] }, collisions: [] });
  });

  it("keeps two nodes that two people added under one id apart, and one that was saved twice together", () => {
    const add = (x: number, p: number): Workflow => connect({ ...base, nodes: [...base.nodes, { ...node("n", { p }), position: { x, y: 0 } }] }, { source: "c", target: "n" });
    const two = merge(base, add(10, 1), add(20, 2)).document;
    expect(two.nodes.slice(3).map((each) => each.data.params.p).sort()).toEqual([1, 2]);
    expect(two.connections).toHaveLength(4);
    expect(merge(base, add(10, 1), add(10, 1)).document.nodes).toHaveLength(4);
  });
});

describe("the difference of two drawings", () => {
  it("is empty exactly where nothing differs, and turns round", () => {
    fc.assert(
      fc.property(drawing, drawing, (one, other) => {
        expect(changes(one, one)).toEqual([]);
        expect(changes(one, other).length).toBe(changes(other, one).length);
      }),
    );
  });

  it("names node and param", () => {
    const after = withoutChosen(setParam(rename(base, "a", "A"), "a", "p", 9), new Set(["c"]));
    expect(changes(base, after)).toEqual([
      { kind: "removed", node: "c", type: "preprocess" },
      { kind: "label", node: "a", before: "a", after: "A" },
      { kind: "param", node: "a", param: "p", before: 1, after: 9 },
      { kind: "disconnected", wire: { source: "b", target: "c" } },
    ]);
    expect([...fates(base, after)]).toEqual([["c", "removed"], ["a", "changed"]]);
  });
});
