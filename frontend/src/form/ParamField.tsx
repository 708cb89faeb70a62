import { Checkbox, MultiSelect, NumberInput, Select, Slider, TagsInput, Textarea, TextInput } from "@mantine/core";
import type { JsonSchema } from "../model/types";
import { t } from "../strings";
import { CodeField } from "./CodeField";
import { ColumnField, ColumnsField, FormulaField } from "./ColumnFields";
import { problemAt, useForm } from "./context";
import { DatasetPicker } from "./DatasetPicker";
import { JsonField } from "./JsonField";
import { EndpointPicker, WorkflowPicker } from "./NamePickers";
import { MapField, ObjectField, RowsField, UnionField, VariantField } from "./Nested";
import { errorOf, type Field, fieldOf, readScalar, readTag, writeScalar } from "./schema";

export interface FieldProps {
  /** Where the value lies in the params: `rules.0.value`. */
  path: string;
  schema: JsonSchema;
  value: unknown;
  required?: boolean;
  /** A name in place of the schema's own. */
  label?: string;
  onChange: (value: unknown, typing: boolean) => void;
}

const NESTED = new Set(["rows", "map", "object", "variant", "union"]);

/** One param, however deep it lies. */
export function ParamField(props: FieldProps) {
  return (
    <div data-param={props.path}>
      <Drawn {...props} />
    </div>
  );
}

/** What the widgets of all kinds share. */
export interface Shared {
  label: string;
  description: string | undefined;
  error: string | undefined;
}

function Drawn({ path, schema: written, value, required = false, label, onChange }: FieldProps) {
  const { defs, problems, target } = useForm();
  const field = fieldOf(written, defs);
  const { kind, nullable, schema } = field;
  const title = label ?? written.title ?? schema.title ?? path.split(".").at(-1) ?? "";
  const shared: Shared = { label: title, description: written.description ?? schema.description, error: errorOf(field, value, required) ?? problemAt(problems, path, !NESTED.has(kind)) };
  const set = (next: unknown) => onChange(next, false);
  const table = written["x-table"];
  const nested = { ...shared, path, field, value, onChange };
  switch (kind) {
    case "switch":
      if (nullable) return <AnswerField {...shared} value={value} onChange={set} />;
      return <Checkbox {...shared} checked={Boolean(value)} onChange={(event) => set(event.currentTarget.checked)} />;
    case "number":
    case "integer":
      return <NumberField {...shared} field={field} value={value} slider={written["x-widget"] === "slider"} onChange={(next) => onChange(next, true)} />;
    case "choice":
      return <ChoiceField {...shared} field={field} value={value} onChange={set} />;
    case "choices":
      return <ChoicesField {...shared} field={field} value={value} onChange={set} />;
    case "column":
    case "target":
      return <ColumnField {...shared} table={table} value={value} placeholder={kind === "target" && target ? t.panel.learned(target) : undefined} onChange={set} />;
    case "columns":
      return <ColumnsField {...shared} table={table} value={value} empty={nullable ? null : []} onChange={set} />;
    case "formula":
      return <FormulaField {...shared} table={table} value={value} onChange={(next) => onChange(next, true)} />;
    case "dataset":
      return <DatasetPicker {...shared} value={String(value ?? "")} onChange={set} />;
    case "workflow":
      return <WorkflowPicker {...shared} value={typeof value === "string" ? value : null} onChange={set} />;
    case "endpoint":
      return <EndpointPicker {...shared} value={String(value ?? "")} onChange={(next) => onChange(next, true)} />;
    case "code":
      return <CodeField {...shared} language={schema["x-language"] ?? "python"} value={typeof value === "string" ? value : ""} onChange={(next) => onChange(next, true)} />;
    case "tags":
      return <TagsField {...shared} field={field} value={value} onChange={set} />;
    case "scalar":
      return <ScalarField {...shared} value={value} onChange={(next) => onChange(next, true)} />;
    case "rows":
      return <RowsField {...nested} />;
    case "map":
      return <MapField {...nested} />;
    case "object":
      return <ObjectField {...nested} />;
    case "variant":
      return <VariantField {...nested} />;
    case "union":
      return <UnionField {...nested} />;
    case "json":
      return <JsonField {...shared} value={value} onChange={set} />;
    default:
      return <TextField {...shared} field={field} value={value} onChange={(next) => onChange(next, true)} />;
  }
}

interface Widget extends Shared {
  field: Field;
  value: unknown;
  onChange: (value: unknown) => void;
}

function NumberField({ field: { kind, nullable, schema }, value, slider, onChange, ...shared }: Widget & { slider: boolean }) {
  const [least, most] = [schema.minimum ?? schema.exclusiveMinimum, schema.maximum ?? schema.exclusiveMaximum];
  const whole = kind === "integer";
  const step = whole ? 1 : most !== undefined && least !== undefined && most - least <= 1 ? 0.05 : 0.1;
  return (
    <>
      <NumberInput
        {...shared}
        value={typeof value === "number" || typeof value === "string" ? value : ""}
        allowDecimal={!whole}
        step={step}
        placeholder={nullable ? t.form.unset : undefined}
        onChange={(next) => onChange(next === "" ? (nullable ? null : undefined) : next)}
      />
      {slider && least !== undefined && most !== undefined && (
        <Slider mt={6} label={null} thumbLabel={shared.label} min={least} max={most} step={whole ? 1 : (most - least) / 100} value={Number(value ?? least)} onChange={onChange} />
      )}
    </>
  );
}

/** Values that may be chosen, by how they read; what stands in the document but is none of them stays visible beside its error. */
function ChoiceField({ field: { nullable, choices }, value, onChange, ...shared }: Widget) {
  const known = value === null || value === undefined || choices.includes(value) ? choices : [value, ...choices];
  const byText = new Map(known.map((one) => [String(one), one]));
  const shown = value === null || value === undefined ? null : String(value);
  return (
    <Select
      {...shared}
      data={[...byText.keys()]}
      value={shown}
      placeholder={nullable ? t.form.unset : undefined}
      clearable={nullable}
      allowDeselect={nullable}
      searchable={choices.length > 8}
      onChange={(next) => onChange(next === null ? null : byText.get(next))}
    />
  );
}

/** Several of the values that may be chosen, in the order in which they are. */
function ChoicesField({ field: { nullable, choices, schema }, value, onChange, ...shared }: Widget) {
  const chosen: unknown[] = Array.isArray(value) ? value : [];
  const byText = new Map([...chosen, ...choices].map((one) => [String(one), one]));
  return (
    <MultiSelect
      {...shared}
      data={[...byText.keys()]}
      value={[...new Set(chosen.map(String))]}
      maxValues={schema.maxItems}
      clearable
      searchable={choices.length > 8}
      hidePickedOptions
      onChange={(next) => onChange(next.length === 0 && nullable ? null : next.map((text) => byText.get(text)))}
    />
  );
}

/** Yes, no, or open, which is another thing than no. */
function AnswerField({ value, onChange, ...shared }: Omit<Widget, "field">) {
  const data = (["true", "false"] as const).map((one) => ({ value: one, label: t.form.answers[one] }));
  return <Select {...shared} data={data} value={typeof value === "boolean" ? String(value) : null} placeholder={t.form.unset} clearable allowDeselect onChange={(next) => onChange(next === null ? null : next === "true")} />;
}

function TagsField({ field: { schema }, value, onChange, ...shared }: Widget) {
  const { defs } = useForm();
  const items = schema.items ?? {};
  const write = fieldOf(items, defs).kind === "text" ? String : writeScalar;
  return (
    <TagsInput
      {...shared}
      placeholder={t.form.tagsHint}
      value={(Array.isArray(value) ? value : []).map(write)}
      onChange={(next) => onChange(next.map((text) => readTag(text, items, defs)))}
    />
  );
}

function ScalarField({ value, onChange, description, ...shared }: Omit<Widget, "field">) {
  return (
    <TextInput
      {...shared}
      description={description ?? t.form.scalarHint}
      value={value === undefined ? "" : writeScalar(value)}
      onChange={(event) => onChange(readScalar(event.currentTarget.value))}
    />
  );
}

function TextField({ field: { kind, nullable, schema }, value, onChange, ...shared }: Widget) {
  const given = {
    ...shared,
    value: String(value ?? ""),
    placeholder: nullable ? t.form.unset : undefined,
    onChange: (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value === "" && nullable ? null : event.currentTarget.value),
  };
  if (kind === "lines") return <Textarea {...given} autosize minRows={2} maxRows={14} maxLength={schema.maxLength} />;
  return <TextInput {...given} />;
}

