import fc from "fast-check";
import { describe, expect, it } from "vitest";
import catalogFile from "../../../chalicelib/catalog.json";
import { byType, type Catalog, type JsonSchema } from "../model/types";
import { problemAt } from "./context";
import { blank, branchOf, errorOf, fieldOf, readScalar, readTag, valuesOf, writeScalar } from "./schema";

const types = byType(catalogFile as unknown as Catalog);
const kind = (schema: JsonSchema) => fieldOf(schema).kind;
const error = (schema: JsonSchema, value: unknown, required = false) => errorOf(fieldOf(schema), value, required);

/** Every schema inside a schema that a form would draw. */
function inside(schema: JsonSchema, defs: Record<string, JsonSchema>, deep = 0): JsonSchema[] {
  const field = fieldOf(schema, defs);
  if (deep > 6) return [];
  const next =
    field.kind === "rows" ? [field.schema.items ?? {}] : field.kind === "map" ? [valuesOf(field.schema)] : field.kind === "object" ? Object.values(field.schema.properties ?? {}) : [];
  const branches = field.kind === "union" || field.kind === "variant" ? field.branches : [];
  return [schema, ...[...next, ...branches].flatMap((one) => inside(one, defs, deep + 1))];
}

const leaf: fc.Arbitrary<JsonSchema> = fc.constantFrom<JsonSchema>(
  { type: "string" },
  { type: "integer", minimum: 0 },
  { type: "number", exclusiveMinimum: 0 },
  { type: "boolean" },
  { enum: ["a", "b"], type: "string" },
  { enum: [1, 2], type: "integer" },
  { const: "auto", type: "string" },
  { anyOf: [{ type: "integer" }, { type: "null" }] },
  { anyOf: [{ const: "auto", type: "string" }, { type: "number" }, { type: "null" }] },
  { anyOf: [{ type: "string" }, { type: "number" }, { type: "boolean" }, { type: "null" }] },
  { type: "array", items: { type: "string" } },
  { type: "array", items: { enum: ["a", "b"], type: "string" } },
);
/** What pydantic v2 writes for nested models, lists, maps and discriminated unions of such. */
const { schema: pydantic } = fc.letrec<{ schema: JsonSchema }>((tie) => ({
  schema: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    tie("schema").map((items): JsonSchema => ({ type: "array", items })),
    tie("schema").map((additionalProperties): JsonSchema => ({ type: "object", additionalProperties })),
    fc.tuple(tie("schema"), tie("schema")).map(([a, b]): JsonSchema => ({ type: "object", properties: { a, b }, required: ["a"] })),
    tie("schema").map(
      (value): JsonSchema => ({
        discriminator: { propertyName: "kind" },
        oneOf: ["x", "y"].map((tag) => ({ type: "object", title: tag, properties: { kind: { const: tag, type: "string" }, value }, required: ["kind"] })),
      }),
    ),
  ),
}));

describe("what a form can draw", () => {
  it("is every param of the catalogue, however deep", () => {
    for (const type of Object.values(types)) {
      const defs = type.params.$defs ?? {};
      for (const [name, schema] of Object.entries(type.params.properties ?? {})) {
        for (const one of inside(schema, defs)) expect(`${type.type}.${name} ${fieldOf(one, defs).kind}`).not.toMatch(/ json$/);
      }
    }
  });

  it("is whatever pydantic writes", () => {
    fc.assert(fc.property(pydantic, (schema) => void inside(schema, {}).forEach((one) => expect(kind(one)).not.toBe("json"))));
  });

  it.each<[string, JsonSchema, string]>([
    ["nullable", { anyOf: [{ type: "integer", minimum: 1 }, { type: "null" }] }, "integer"],
    ["choice", { enum: ["a", "b"], type: "string" }, "choice"],
    ["words or a number", { anyOf: [{ enum: ["sqrt"], type: "string" }, { type: "number" }, { type: "null" }] }, "union"],
    ["words or yes and no", { anyOf: [{ const: "auto", type: "string" }, { type: "boolean" }] }, "union"],
    ["any plain value", { anyOf: [{ type: "string" }, { type: "integer" }, { type: "null" }] }, "scalar"],
    ["column", { anyOf: [{ type: "string" }, { type: "null" }], "x-widget": "column" }, "column"],
    ["plain list", { type: "array", items: { type: "integer" } }, "tags"],
    ["list of choices", { type: "array", items: { enum: ["a", "b"], type: "string" } }, "choices"],
    ["list of choices of two kinds", { type: "array", items: { anyOf: [{ enum: ["a"], type: "string" }, { const: "b", type: "string" }] } }, "choices"],
    ["list of a word or a number", { type: "array", items: { anyOf: [{ enum: ["a"], type: "string" }, { type: "number" }] } }, "rows"],
    ["list of yes and no", { type: "array", items: { type: "boolean" } }, "rows"],
    ["one answer or several", { anyOf: [{ type: "boolean" }, { type: "array", items: { type: "boolean" } }] }, "union"],
    ["list of lists", { type: "array", items: { type: "array", items: { type: "string" } } }, "rows"],
    ["long text", { type: "string", maxLength: 5_000 }, "lines"],
    ["code", { type: "string", "x-widget": "code" }, "code"],
    ["anything", {}, "json"],
  ])("%s", (_, schema, expected) => expect(kind(schema)).toBe(expected));

  it("knows what may be chosen", () => {
    expect(fieldOf({ enum: ["a", "b"] }).choices).toEqual(["a", "b"]);
    expect(fieldOf({ type: "array", items: { anyOf: [{ enum: ["a", "b"] }, { enum: ["b", "c"] }] } }).choices).toEqual(["a", "b", "c"]);
    expect(fieldOf({ anyOf: [{ type: "array", items: { $ref: "#/$defs/Part" } }, { type: "null" }] }, { Part: { enum: ["x"] } })).toMatchObject({ kind: "choices", nullable: true, choices: ["x"] });
  });

  it("follows references, and keeps the words beside them", () => {
    const defs = { Rule: { type: "object", title: "Rule", properties: { op: { enum: ["<", ">"], type: "string" } }, required: ["op"] } };
    expect(fieldOf({ $ref: "#/$defs/Rule", description: "Which rows" }, defs)).toMatchObject({ kind: "object", schema: { title: "Rule", description: "Which rows" } });
    expect(fieldOf({ type: "array", items: { $ref: "#/$defs/Rule" } }, defs).kind).toBe("rows");
    expect(fieldOf({ anyOf: [{ $ref: "#/$defs/Rule" }, { type: "null" }] }, defs)).toMatchObject({ kind: "object", nullable: true });
    expect(fieldOf({ $ref: "#/$defs/Loop" }, { Loop: { $ref: "#/$defs/Loop" } }).kind).toBe("json");
  });
});

describe("what a new entry starts with", () => {
  it("belongs to the form that was chosen", () => {
    fc.assert(
      fc.property(pydantic, (schema) => {
        const field = fieldOf(schema);
        if (field.kind === "variant") expect(branchOf(field, blank(schema, {}))).toBe(0);
      }),
    );
  });

  it("fills in what can only be one thing", () => {
    const schema: JsonSchema = { type: "object", properties: { kind: { const: "a" }, op: { enum: ["<", ">"] }, note: { type: "string", default: "x" }, n: { type: "integer" } }, required: ["kind", "op", "note", "n"] };
    expect(blank(schema, {})).toEqual({ kind: "a", op: "<" });
    expect(blank({ enum: [1, 2] }, {})).toBe(1);
  });
});

describe("plain values as text", () => {
  it("come back as they were", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }).filter((one) => !Object.is(one, -0)), fc.boolean(), fc.constant(null)), (value) => void expect(readScalar(writeScalar(value))).toBe(value)));
  });

  it("are numbers where the list wants numbers, and texts where it wants texts", () => {
    expect(readTag("3", { type: "integer" }, {})).toBe(3);
    expect(readTag("3", { type: "string" }, {})).toBe("3");
    expect(readTag("007", { anyOf: [{ type: "string" }, { type: "number" }] }, {})).toBe("007");
  });
});

describe("errors before the server's", () => {
  it("say what is wrong", () => {
    const share = { type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1 };
    expect(error(share, 0.5)).toBeNull();
    expect(error(share, 1)).toMatch(/less than 1/);
    expect(error(share, "x")).toMatch(/number/);
    expect(error({ type: "string", pattern: "^[a-z]+$" }, "A")).toMatch(/form/);
    expect(error({ type: "string", minLength: 1 }, "")).toMatch(/Required/);
    expect(error({ type: "string" }, undefined, true)).toMatch(/Required/);
    expect(error({ type: "array", items: { type: "string" }, minItems: 1 }, [])).toMatch(/At least 1 entry/);
    expect(error({ type: "array", items: { enum: ["a"] }, minItems: 1 }, [])).toMatch(/At least 1 entry/);
  });

  it("stand beside the field they are about", () => {
    const problems = { "rules.0.value": "too small", tags: "twice" };
    expect([problemAt(problems, "rules", false), problemAt(problems, "rules", true), problemAt(problems, "rules.0.value", true), problemAt(problems, "tags", false)]).toEqual([undefined, "too small", "too small", "twice"]);
  });
});
