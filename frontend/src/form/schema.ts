import type { JsonSchema } from "../model/types";
import { t } from "../strings";

/** What a param's JSON Schema means for a form: the subset that pydantic writes. */
export type FieldKind = "text" | "number" | "integer" | "switch" | "choice" | "list" | "column" | "columns" | "target" | "dataset" | "unknown";

export interface Field {
  kind: FieldKind;
  nullable: boolean;
  /** The branch that is not null. */
  schema: JsonSchema;
  choices: string[];
}

export function fieldOf(schema: JsonSchema): Field {
  const branches = schema.anyOf ?? [schema];
  const inner = branches.find((branch) => branch.type !== "null") ?? {};
  const nullable = branches.some((branch) => branch.type === "null");
  const choices = (inner.enum ?? (inner.const === undefined ? [] : [inner.const])).map(String);
  return { kind: kindOf(schema["x-widget"], inner, choices), nullable, schema: inner, choices };
}

function kindOf(widget: string | undefined, schema: JsonSchema, choices: string[]): FieldKind {
  if (widget === "column" || widget === "columns" || widget === "target" || widget === "dataset") return widget;
  if (choices.length) return "choice";
  switch (schema.type) {
    case "string":
      return "text";
    case "number":
      return "number";
    case "integer":
      return "integer";
    case "boolean":
      return "switch";
    case "array":
      return "list";
    default:
      return "unknown";
  }
}

/** What is wrong with a value, in words, or null. The server stays the judge; this only answers sooner. */
export function errorOf(schema: JsonSchema, value: unknown): string | null {
  const { kind, nullable, schema: inner } = fieldOf(schema);
  if (value === null || value === undefined) return nullable || value === undefined ? null : t.form.required;
  if (kind === "number" || kind === "integer") return numberError(inner, value, kind === "integer");
  if (kind === "text" && typeof value === "string") {
    if (inner.maxLength !== undefined && value.length > inner.maxLength) return t.form.atMostCharacters(inner.maxLength);
    if (inner.pattern && !new RegExp(inner.pattern, "u").test(value)) return t.form.form;
  }
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
