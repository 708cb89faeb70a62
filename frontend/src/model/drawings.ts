import fc from "fast-check";
import { emptyWorkflow } from "./document";
import type { Connection, Workflow } from "./types";

/** Drawings for the tests, of any shape. */
const id = fc.oneof(fc.stringMatching(/^[a-z][a-z0-9_]{0,4}$/), fc.constantFrom("constructor", "__proto__", "toString"));
const value = fc.oneof(fc.integer(), fc.boolean(), fc.string({ maxLength: 4 }), fc.constant(null), fc.array(fc.integer(), { maxLength: 3 }), fc.dictionary(fc.string({ maxLength: 2 }), fc.integer(), { maxKeys: 2 }));
const place = fc.record({ x: fc.integer({ min: 0, max: 999 }), y: fc.integer({ min: 0, max: 999 }) });

const node = (one: string) =>
  fc.record({
    id: fc.constant(one),
    type: fc.constantFrom("preprocess", "evaluate", "csv_loader"),
    position: place,
    data: fc.record({ label: fc.constantFrom("", "a", "b/c", "ü"), params: fc.dictionary(fc.constantFrom("p", "q", "a/b", "constructor"), value, { maxKeys: 2 }), disabled: fc.constant(true) }, { requiredKeys: ["label", "params"] }),
  });

export const drawing: fc.Arbitrary<Workflow> = fc.uniqueArray(id, { maxLength: 7 }).chain((ids) => {
  const some = ids.length ? fc.constantFrom(...ids) : fc.constant("");
  const wire = fc.record({ source: some, target: some, sourceHandle: fc.constantFrom("table", "test") }, { requiredKeys: ["source", "target"] });
  const wires = ids.length ? fc.uniqueArray(wire, { maxLength: 8, selector: (one) => JSON.stringify([one.source, one.target, one.sourceHandle ?? null]) }) : fc.constant<Connection[]>([]);
  const notes = fc.uniqueArray(fc.record({ id, text: fc.string({ maxLength: 5 }), position: place, width: fc.constant(220), height: fc.constant(120) }), { maxLength: 2, minLength: 1, selector: (one) => one.id });
  const groups = fc.uniqueArray(fc.record({ id, label: fc.string({ maxLength: 5 }), nodes: fc.subarray(ids) }), { maxLength: 2, minLength: 1, selector: (one) => one.id });
  return fc
    .record({ nodes: fc.tuple(...ids.map(node)), connections: wires, notes, groups }, { requiredKeys: ["nodes", "connections"] })
    .map((parts) => ({ ...emptyWorkflow("any"), ...parts }) as Workflow);
});
