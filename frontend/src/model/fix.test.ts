import fc from "fast-check";
import { describe, expect, it } from "vitest";
import catalogFile from "../../../chalicelib/catalog.json";
import { wires } from "./connect";
import { emptyWorkflow } from "./document";
import { mended } from "./fix";
import { outline } from "./outline";
import { byType, type Catalog, type Workflow } from "./types";

const types = byType(catalogFile as unknown as Catalog);

/** A source, so many cleaning nodes, a split, a model and its score. */
function chain(length: number): Workflow {
  const kinds = ["sample_dataset", ...Array.from({ length }, () => "preprocess"), "train_test_split", "train_logreg", "evaluate"];
  const nodes = kinds.map((type, index) => ({ id: `n${index}`, type, position: { x: index * 280, y: 0 }, data: { label: "", params: {} } }));
  return { ...emptyWorkflow("chain"), nodes, connections: nodes.slice(1).map((node, index) => ({ source: `n${index}`, target: node.id })) };
}

describe("fixes", () => {
  it("move a node in front of another, and keep the chain whole", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 6 }), fc.nat(), fc.nat(), (length, a, b) => {
        const [before, node] = [1 + (a % length), 1 + (b % length)].sort((x, y) => x - y) as [number, number];
        const drawn = chain(length);
        const after = mended(drawn, types, { kind: "move-before", node: `n${node}`, before: `n${before}`, port: "table" });
        if (node === before) return;
        const order = outline(after, types).map((item) => item.node.id);
        const wanted = drawn.nodes.map((one) => one.id).filter((id) => id !== `n${node}`);
        wanted.splice(before, 0, `n${node}`);
        expect(order).toEqual(wanted);
        expect(wires(after, types)).toHaveLength(drawn.connections.length);
        expect([...after.nodes].sort((x, y) => x.position.x - y.position.x).map((one) => one.id)).toEqual(wanted);
      }),
    );
  });

  it("feed a port from somewhere else, and set a param", () => {
    const drawn = chain(1);
    const fed = mended(drawn, types, { kind: "connect", node: "n4", port: "table", source: "n2", source_port: "test" });
    expect(wires(fed, types).filter((wire) => wire.target === "n4" && wire.targetHandle === "table")).toEqual([{ source: "n2", sourceHandle: "test", target: "n4", targetHandle: "table" }]);
    expect(mended(drawn, types, { kind: "set-param", node: "n2", param: "test_size", value: 0.3 }).nodes[2]?.data.params).toEqual({ test_size: 0.3 });
  });

  it("do nothing where the drawing moved on", () => {
    const drawn = chain(1);
    for (const fix of [
      { kind: "move-before", node: "gone", before: "n1", port: "table" },
      { kind: "move-before", node: "n1", before: "gone", port: "table" },
      { kind: "connect", node: "n4", port: "table", source: "gone", source_port: "test" },
    ] as const) {
      expect(mended(drawn, types, fix)).toBe(drawn);
    }
  });
});
