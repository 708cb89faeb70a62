import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { kept, same } from "./same";

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
const node = fc.record({ node: fc.string(), status: fc.constantFrom("queued", "running", "succeeded"), rows: fc.dictionary(fc.string(), fc.nat()), error: fc.option(fc.jsonValue()) });
const answer = fc.record({ id: fc.string(), seconds: fc.option(fc.nat()), nodes: fc.uniqueArray(node, { selector: (one) => one.node, maxLength: 8 }) }).map(copy);

describe("an answer about a run", () => {
  it("says what the newer one says, whatever was known", () => {
    fc.assert(fc.property(answer, answer, (before, next) => void expect(kept(before, next)).toEqual(next)));
    fc.assert(fc.property(answer, (next) => void expect(kept(undefined, next)).toBe(next)));
  });

  it("stays the same object while nothing changes", () => {
    fc.assert(fc.property(answer, (one) => void expect(kept(one, copy(one))).toBe(one)));
  });

  it("changes one node and leaves the others the objects they were", () => {
    fc.assert(
      fc.property(answer, fc.nat(), (before, pick) => {
        const next = copy(before);
        const at = next.nodes.length ? pick % next.nodes.length : -1;
        if (next.nodes[at]) next.nodes[at].error = "it broke just now";
        const found = kept(before, next);
        expect(found.nodes.map((one, place) => one === before.nodes[place])).toEqual(before.nodes.map((_, place) => place !== at));
      }),
    );
  });

  it("is another one where only the run changed, or a node came or went", () => {
    fc.assert(
      fc.property(answer, (one) => {
        expect(kept(one, { ...copy(one), id: `${one.id}x` })).not.toBe(one);
        expect(kept(one, { ...copy(one), nodes: copy([...one.nodes, { node: "one more than all others here", status: "queued", rows: {}, error: null }]) }).nodes).toHaveLength(one.nodes.length + 1);
        expect(kept(one, { ...copy(one), nodes: copy(one.nodes.slice(1)) }).nodes).toHaveLength(Math.max(0, one.nodes.length - 1));
      }),
    );
  });

  it("tells a missing field from an empty one, and lists from objects", () => {
    expect(same({ a: undefined }, { b: undefined })).toBe(false);
    expect(same([], {})).toBe(false);
    expect(same({ a: [1, { b: null }] }, { a: [1, { b: null }] })).toBe(true);
  });
});
