import { Checkbox, Collapse, MultiSelect, NumberInput, Select, Stack, TagsInput, TextInput, UnstyledButton } from "@mantine/core";
import { useEffect, useState } from "react";
import type { Column, JsonSchema } from "../model/types";
import { t } from "../strings";
import { DatasetPicker } from "./DatasetPicker";
import { errorOf, fieldOf } from "./schema";

interface FormProps {
  schema: JsonSchema;
  params: Record<string, unknown>;
  /** Columns that reach the node; undefined while nobody knows. */
  columns: Column[] | undefined;
  /** The target that is learned when the field stays open. */
  target?: string | null;
  /** Messages of the server's check by param name. */
  problems: Record<string, string>;
  /** A param that is about to get the focus: a folded part that holds it unfolds. */
  focus?: string | null;
  /** `typing`: more of the same may follow, as while a word is typed. */
  onChange: (name: string, value: unknown, typing: boolean) => void;
}

/** A form made from a node type's params: the names and words come from the node itself. */
export function SchemaForm({ schema, params, columns, target, problems, focus, onChange }: FormProps) {
  const [open, setOpen] = useState(false);
  const entries = Object.entries(schema.properties ?? {});
  const field = ([name, one]: [string, JsonSchema]) => (
    <div key={name} data-param={name}>
      <ParamField name={name} schema={one} value={name in params ? params[name] : one.default} columns={columns} target={target} problem={problems[name]} onChange={onChange} />
    </div>
  );
  const advanced = entries.filter(([, one]) => one["x-advanced"]);
  const folded = advanced.some(([name]) => name === focus);
  useEffect(() => {
    if (folded) setOpen(true);
  }, [folded]);
  return (
    <Stack gap="sm">
      {entries.filter(([, one]) => !one["x-advanced"]).map(field)}
      {entries.length === 0 && t.panel.noParams}
      {advanced.length > 0 && (
        <>
          <UnstyledButton onClick={() => setOpen(!open)} aria-expanded={open} fz="sm" fw={600}>
            {open ? "▾" : "▸"} {t.panel.advanced}
          </UnstyledButton>
          <Collapse expanded={open}>
            <Stack gap="sm">{advanced.map(field)}</Stack>
          </Collapse>
        </>
      )}
    </Stack>
  );
}

interface FieldProps {
  name: string;
  schema: JsonSchema;
  value: unknown;
  columns: Column[] | undefined;
  target: string | null | undefined;
  problem: string | undefined;
  onChange: (name: string, value: unknown, typing: boolean) => void;
}

function ParamField({ name, schema, value, columns, target, problem, onChange }: FieldProps) {
  const { kind, nullable, choices } = fieldOf(schema);
  const shared = { label: schema.title ?? name, description: schema.description, error: errorOf(schema, value) ?? problem };
  // What equals the default is left out of the document, so that a later default reaches it.
  const typing = kind === "number" || kind === "integer" || kind === "text" || kind === "unknown";
  const set = (next: unknown) => onChange(name, JSON.stringify(next) === JSON.stringify(schema.default) ? undefined : next, typing);
  const columnNames = (columns ?? []).map((column) => column.name);
  switch (kind) {
    case "switch":
      return <Checkbox {...shared} checked={Boolean(value)} onChange={(event) => set(event.currentTarget.checked)} />;
    case "number":
    case "integer":
      return (
        <NumberInput
          {...shared}
          value={typeof value === "number" || typeof value === "string" ? value : ""}
          allowDecimal={kind === "number"}
          step={kind === "integer" ? 1 : 0.05}
          onChange={(next) => set(next === "" ? (nullable ? null : undefined) : next)}
        />
      );
    case "choice":
      return <Select {...shared} data={choices} value={(value as string | null) ?? null} clearable={nullable} allowDeselect={nullable} onChange={(next) => set(next)} />;
    case "column":
    case "target":
      return (
        <Select
          {...shared}
          data={withKnown(columnNames, value)}
          value={(value as string | null) ?? null}
          placeholder={!columns ? t.panel.noColumns : kind === "target" && target ? t.panel.learned(target) : undefined}
          clearable
          searchable
          onChange={(next) => set(next)}
        />
      );
    case "columns":
      return <MultiSelect {...shared} data={columnNames} value={(value as string[] | null) ?? []} clearable searchable onChange={(next) => set(next.length ? next : null)} />;
    case "dataset":
      return <DatasetPicker {...shared} value={String(value ?? "")} onChange={set} />;
    case "list":
      return <TagsInput {...shared} value={((value as unknown[] | null) ?? []).map(String)} onChange={(next) => set(next)} />;
    default:
      return <TextInput {...shared} value={String(value ?? "")} onChange={(event) => set(event.currentTarget.value === "" && nullable ? null : event.currentTarget.value)} />;
  }
}

/** A value that is no column stays visible, so that the error beside it makes sense. */
const withKnown = (names: string[], value: unknown): string[] => (typeof value === "string" && !names.includes(value) ? [value, ...names] : names);
