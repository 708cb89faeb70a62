import type { JsonSchema } from "../model/types";
import { t } from "../strings";

/** What a param's JSON Schema means for a form: exactly the subset that pydantic v2 writes, and `x-widget` where a node says more. */
export type FieldKind =
  | "text"
  | "lines"
  | "code"
  | "formula"
  | "number"
  | "integer"
  | "switch"
  | "choice"
  | "choices"
  | "scalar"
  | "column"
  | "columns"
  | "target"
  | "dataset"
  | "workflow"
  | "endpoint"
  | "tags"
  | "rows"
  | "map"
  | "object"
  | "variant"
  | "union"
  | "json";

export type Defs = Record<string, JsonSchema>;

export interface Field {
  kind: FieldKind;
  nullable: boolean;
  /** The branch that is drawn: without null, references followed. */
  schema: JsonSchema;
  /** Of a choice or several: the values that may be chosen. */
  choices: unknown[];
  /** Of a variant or a union: what it may be instead. */
  branches: JsonSchema[];
}

const WIDGETS: Record<string, FieldKind> = { column: "column", columns: "columns", target: "target", dataset: "dataset", workflow: "workflow", endpoint: "endpoint", text: "lines", code: "code", expression: "formula", column_map: "map" };
const SCALARS = new Set(["string", "number", "integer", "boolean"]);
const LONG_TEXT = 300;
const DEEPEST = 8;

/** A schema with its reference followed; what stands beside the reference wins, as pydantic writes titles there. */
export function resolved(schema: JsonSchema, defs: Defs): JsonSchema {
  let found = schema;
  for (let depth = 0; depth < DEEPEST && found.$ref; depth += 1) {
    const { $ref, ...beside } = found;
    found = { ...defs[$ref.split("/").at(-1) ?? ""], ...beside };
  }
  return found.allOf?.length === 1 && found.allOf[0] ? { ...resolved(found.allOf[0], defs), ...found, allOf: [] } : found;
}

export function fieldOf(written: JsonSchema, defs: Defs = {}): Field {
  const schema = resolved(written, defs);
  const all = (schema.anyOf ?? schema.oneOf ?? [schema]).map((branch) => resolved(branch, defs));
  const nullable = all.some((branch) => branch.type === "null");
  const branches = all.filter((branch) => branch.type !== "null");
  const { anyOf: _, oneOf: __, ...around } = schema;
  const only = branches.length === 1 ? { ...around, ...branches[0] } : schema;
  const widget = WIDGETS[only["x-widget"] ?? ""];
  const kind = widget ?? (branches.length > 1 ? several(schema, branches) : kindOf(only, defs));
  return { kind, nullable, schema: only, choices: (kind === "choices" ? wordsOf(only.items, defs) : wordsOf(only, defs)) ?? [], branches };
}

/** The values of a schema that allows only fixed ones, also where they come from several lists; undefined where it allows others, too. */
function wordsOf(written: JsonSchema | undefined, defs: Defs): unknown[] | undefined {
  const schema = resolved(written ?? {}, defs);
  if (schema.enum || schema.const !== undefined) return schema.enum ?? [schema.const];
  const parts = schema.anyOf?.map((branch) => wordsOf(branch, defs));
  return parts?.every((one) => one !== undefined) ? [...new Set(parts.flat())] : undefined;
}

/** Several branches that are not null: a choice of forms, a free scalar, or one of several things. */
function several(schema: JsonSchema, branches: JsonSchema[]): FieldKind {
  if (schema.discriminator || branches.every((branch) => tagOf(branch) !== undefined)) return "variant";
  const free = branches.every((branch) => SCALARS.has(String(branch.type)) && branch.const === undefined && !branch.enum);
  return free ? "scalar" : "union";
}

function kindOf(schema: JsonSchema, defs: Defs): FieldKind {
  if (schema.enum || schema.const !== undefined) return "choice";
  switch (schema.type) {
    case "string":
      return (schema.maxLength ?? 0) > LONG_TEXT ? "lines" : "text";
    case "number":
      return "number";
    case "integer":
      return "integer";
    case "boolean":
      return "switch";
    case "array":
      return wordsOf(schema.items, defs) ? "choices" : isPlain(schema.items, defs) ? "tags" : "rows";
    case "object":
      return schema.properties ? "object" : schema.additionalProperties || schema.patternProperties ? "map" : "json";
    default:
      return "json";
  }
}

/** Items that fit into a field of tags: texts, numbers, or a mix of them. */
function isPlain(items: JsonSchema | undefined, defs: Defs): boolean {
  if (!items) return false;
  return ["text", "number", "integer", "scalar"].includes(fieldOf(items, defs).kind);
}

/** The schema of a map's values. */
export const valuesOf = (schema: JsonSchema): JsonSchema =>
  typeof schema.additionalProperties === "object" ? schema.additionalProperties : (Object.values(schema.patternProperties ?? {})[0] ?? {});

/** The property that tells the forms of a variant apart, and its value in one of them. */
export function tagOf(branch: JsonSchema, name?: string): { name: string; value: unknown } | undefined {
  for (const [key, one] of Object.entries(branch.properties ?? {})) {
    const value = one.const ?? (one.enum?.length === 1 ? one.enum[0] : undefined);
    if (value !== undefined && (name === undefined || key === name)) return { name: key, value };
  }
  return undefined;
}

/** The branch a value belongs to, or -1: for a variant by its tag, otherwise by what it is. */
export function branchOf({ kind, schema, branches }: Field, value: unknown): number {
  if (kind !== "variant") return branches.findIndex((branch) => fits(branch, value));
  const name = schema.discriminator?.propertyName;
  return branches.findIndex((branch) => {
    const tag = tagOf(branch, name);
    return tag !== undefined && isObject(value) && value[tag.name] === tag.value;
  });
}

function fits(schema: JsonSchema, value: unknown): boolean {
  if (schema.const !== undefined) return schema.const === value;
  if (schema.enum) return schema.enum.includes(value);
  switch (schema.type) {
    case "integer":
      return Number.isInteger(value);
    case "number":
      return typeof value === "number";
    case "string":
      return typeof value === "string";
    case "boolean":
      return typeof value === "boolean";
    case "array":
      return Array.isArray(value);
    case "object":
      return isObject(value);
    default:
      return false;
  }
}

/** What a new row, or a freshly chosen form, starts with: defaults are left out, what must be there and can only be one thing is filled in. */
export function blank(written: JsonSchema, defs: Defs): unknown {
  const { kind, schema, branches } = fieldOf(written, defs);
  const first = branches[0];
  if (schema.default !== undefined) return schema.default;
  if (kind === "object") {
    const must = Object.entries(schema.properties ?? {}).filter(([name, one]) => one.const !== undefined || (schema.required?.includes(name) && one.default === undefined));
    return Object.fromEntries(must.map(([name, one]) => [name, blank(one, defs)]).filter(([, value]) => value !== undefined));
  }
  if ((kind === "variant" || kind === "union") && first) return blank(first, defs);
  if (kind === "choice") return schema.const ?? schema.enum?.[0];
  return { text: "", lines: "", code: "", formula: "", scalar: "", switch: false, tags: [], choices: [], columns: [], rows: [], map: {} }[kind as string];
}

/** Text as the plainest value it can mean: a number, yes or no, nothing, or the text itself. Quotes keep a number a text. */
export function readScalar(text: string): string | number | boolean | null {
  const trimmed = text.trim();
  if (trimmed === "true" || trimmed === "false") return trimmed === "true";
  if (trimmed === "null") return null;
  if (/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(trimmed)) return Number(trimmed);
  const quoted = /^"(.*)"$/s.exec(trimmed);
  return quoted?.[1] ?? text;
}

/** A value as text that `readScalar` reads back. */
export function writeScalar(value: unknown): string {
  if (typeof value !== "string") return String(value);
  return readScalar(value) === value ? value : `"${value}"`;
}

/** An entry of a list of plain values, as its schema wants it. */
export function readTag(text: string, items: JsonSchema, defs: Defs): unknown {
  return fieldOf(items, defs).kind === "text" ? text : readScalar(text);
}

/** What is wrong with a value, in words, or null. The server stays the judge; this only answers sooner. */
export function errorOf(field: Field, value: unknown, required = false): string | null {
  const { kind, nullable, schema } = field;
  if (value === undefined) return required ? t.form.required : null;
  if (value === null) return nullable ? null : t.form.required;
  if (kind === "number" || kind === "integer") return numberError(schema, value, kind === "integer");
  if (typeof value === "string") return textError(schema, value);
  if (kind === "tags" || kind === "choices" || kind === "rows" || kind === "columns") return sizeError(schema, value);
  return null;
}

function textError(schema: JsonSchema, value: string): string | null {
  if (value === "" && (schema.minLength ?? 0) > 0) return t.form.required;
  if (schema.maxLength !== undefined && value.length > schema.maxLength) return t.form.atMostCharacters(schema.maxLength);
  if (schema.pattern && !new RegExp(schema.pattern, "u").test(value)) return t.form.form;
  return null;
}

function sizeError(schema: JsonSchema, value: unknown): string | null {
  const length = Array.isArray(value) ? value.length : 0;
  if (schema.minItems !== undefined && length < schema.minItems) return t.form.atLeastItems(schema.minItems);
  if (schema.maxItems !== undefined && length > schema.maxItems) return t.form.atMostItems(schema.maxItems);
  return null;
}

function numberError(schema: JsonSchema, value: unknown, whole: boolean): string | null {
  if (typeof value !== "number" || !Number.isFinite(value)) return t.form.number;
  if (whole && !Number.isInteger(value)) return t.form.whole;
  if (schema.minimum !== undefined && value < schema.minimum) return t.form.atLeast(schema.minimum);
  if (schema.maximum !== undefined && value > schema.maximum) return t.form.atMost(schema.maximum);
  if (schema.exclusiveMinimum !== undefined && value <= schema.exclusiveMinimum) return t.form.moreThan(schema.exclusiveMinimum);
  if (schema.exclusiveMaximum !== undefined && value >= schema.exclusiveMaximum) return t.form.lessThan(schema.exclusiveMaximum);
  return null;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
