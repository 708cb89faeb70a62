import { ActionIcon, Button, Group, Input, Select, Stack, Text, TextInput } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconPlus, IconTrash } from "@tabler/icons-react";
import { type ReactNode, useId, useState } from "react";
import type { JsonSchema } from "../model/types";
import { t } from "../strings";
import { ColumnField } from "./ColumnFields";
import { useForm } from "./context";
import { ParamField, type Shared } from "./ParamField";
import { blank, branchOf, type Field, fieldOf, tagOf, valuesOf } from "./schema";

interface NestedProps extends Shared {
  path: string;
  field: Field;
  value: unknown;
  onChange: (value: unknown, typing: boolean) => void;
}

type Values = Record<string, unknown>;
const valuesIn = (value: unknown): Values => (typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Values) : {});

/** A group of fields under one name. */
function Part({ label, description, error, children }: Shared & { children: ReactNode }) {
  const id = useId();
  return (
    <div role="group" aria-labelledby={id} className="form-part">
      <Input.Label id={id} component="div">
        {label}
      </Input.Label>
      {description && <Input.Description>{description}</Input.Description>}
      <Stack gap="xs" mt={4}>
        {children}
      </Stack>
      {error && <Input.Error mt={4}>{error}</Input.Error>}
    </div>
  );
}

/** The fields of an object, without those that are fixed. */
function Properties({ path, schema, value, without, onChange }: { path: string; schema: JsonSchema; value: unknown; without?: string | undefined; onChange: NestedProps["onChange"] }) {
  const values = valuesIn(value);
  const set = (name: string, next: unknown, typing: boolean) => {
    const { [name]: _, ...others } = values;
    onChange(next === undefined ? others : { ...values, [name]: next }, typing);
  };
  return Object.entries(schema.properties ?? {})
    .filter(([name]) => name !== without)
    .map(([name, one]) => (
      <ParamField
        key={name}
        path={`${path}.${name}`}
        schema={one}
        value={name in values ? values[name] : one.default}
        required={schema.required?.includes(name) ?? false}
        onChange={(next, typing) => set(name, next, typing)}
      />
    ));
}

export function ObjectField({ path, field, value, onChange, ...shared }: NestedProps) {
  return (
    <Part {...shared}>
      <Properties path={path} schema={field.schema} value={value} onChange={onChange} />
    </Part>
  );
}

/** A list of which every entry has fields of its own: rules, steps, functions. */
export function RowsField({ path, field: { schema, nullable }, value, onChange, ...shared }: NestedProps) {
  const { defs } = useForm();
  const items = schema.items ?? {};
  const rows: unknown[] = Array.isArray(value) ? value : [];
  const replace = (index: number, next: unknown, typing: boolean) => onChange(rows.map((one, place) => (place === index ? next : one)), typing);
  const remove = (index: number) => {
    const left = rows.filter((_, place) => place !== index);
    onChange(left.length === 0 && nullable ? null : left, false);
  };
  const swap = (index: number) => onChange(rows.map((one, place) => (place === index ? rows[index - 1] : place === index - 1 ? rows[index] : one)), false);
  const full = schema.maxItems !== undefined && rows.length >= schema.maxItems;
  return (
    <Part {...shared}>
      {rows.map((row, index) => {
        const name = t.form.entry(shared.label, index + 1);
        return (
          // oxlint-disable-next-line react/no-array-index-key -- an entry has no name of its own
          <div key={index} className="form-row">
            <div className="grow">
              <ParamField path={`${path}.${index}`} schema={{ ...items, description: "" }} value={row} label={name} onChange={(next, typing) => replace(index, next, typing)} />
            </div>
            <RowButtons name={name} first={index === 0} last={index === rows.length - 1} onUp={() => swap(index)} onDown={() => swap(index + 1)} onRemove={() => remove(index)} />
          </div>
        );
      })}
      <AddButton title={shared.label} disabled={full} onClick={() => onChange([...rows, blank(items, defs)], false)} />
    </Part>
  );
}

function RowButtons({ name, first, last, onUp, onDown, onRemove }: { name: string; first: boolean; last: boolean; onUp: () => void; onDown: () => void; onRemove: () => void }) {
  const one = { variant: "subtle", color: "gray", size: 24 } as const;
  return (
    <Stack gap={0}>
      <ActionIcon {...one} aria-label={t.form.up(name)} disabled={first} onClick={onUp}>
        <IconArrowUp size={14} aria-hidden />
      </ActionIcon>
      <ActionIcon {...one} aria-label={t.form.down(name)} disabled={last} onClick={onDown}>
        <IconArrowDown size={14} aria-hidden />
      </ActionIcon>
      <ActionIcon {...one} aria-label={t.form.remove(name)} onClick={onRemove}>
        <IconTrash size={14} aria-hidden />
      </ActionIcon>
    </Stack>
  );
}

function AddButton({ title, disabled = false, onClick }: { title: string; disabled?: boolean; onClick: () => void }) {
  return (
    <Group>
      <Button size="compact-xs" variant="default" leftSection={<IconPlus size={12} aria-hidden />} aria-label={t.form.addTo(title)} disabled={disabled} onClick={onClick}>
        {t.form.add}
      </Button>
    </Group>
  );
}

/** Named values. Where the names are columns, they are picked from those that are known. */
export function MapField({ path, field: { schema, nullable }, value, onChange, ...shared }: NestedProps) {
  const { defs } = useForm();
  const entries = Object.entries(valuesIn(value));
  const rebuilt = (next: [string, unknown][], typing = false) => onChange(next.length === 0 && nullable ? null : Object.fromEntries(next), typing);
  const columns = schema["x-widget"] === "column_map" || schema.propertyNames?.["x-widget"] === "column";
  const free = () => {
    const taken = new Set(entries.map(([name]) => name));
    let count = entries.length + 1;
    while (taken.has(`name_${count}`)) count += 1;
    return columns && !taken.has("") ? "" : `name_${count}`;
  };
  return (
    <Part {...shared}>
      {entries.map(([name, one], index) => (
        // oxlint-disable-next-line react/no-array-index-key -- the name is what is being edited
        <div key={index} className="form-row">
          <div className="grow">
            <KeyField name={name} columns={columns} table={schema["x-table"]} taken={entries.map(([key]) => key)} onChange={(next) => rebuilt(entries.map(([key, kept], place) => (place === index ? [next, kept] : [key, kept])))} />
            <ParamField
              path={`${path}.${name}`}
              schema={valuesOf(schema)}
              value={one}
              label={t.form.value}
              onChange={(next, typing) => rebuilt(entries.map(([key, kept]) => [key, key === name ? next : kept]), typing)}
            />
          </div>
          <ActionIcon variant="subtle" color="gray" size={24} aria-label={t.form.remove(name)} onClick={() => rebuilt(entries.filter(([key]) => key !== name))}>
            <IconTrash size={14} aria-hidden />
          </ActionIcon>
        </div>
      ))}
      <AddButton
        title={shared.label}
        disabled={schema.maxProperties !== undefined && entries.length >= schema.maxProperties}
        onClick={() => rebuilt([...entries, [free(), blank(valuesOf(schema), defs) ?? ""]])}
      />
    </Part>
  );
}

/** The name of an entry; it is taken when the field is left, so that half a name never meets another one. */
function KeyField({ name, columns, table, taken, onChange }: { name: string; columns: boolean; table: string | undefined; taken: string[]; onChange: (name: string) => void }) {
  const [draft, setDraft] = useState<string | null>(null);
  const twice = draft !== null && draft !== name && taken.includes(draft);
  const error = twice ? t.form.keyTwice : undefined;
  if (columns) return <ColumnField label={t.form.key} description={undefined} error={error} table={table} value={name} onChange={(next) => (next && !taken.includes(String(next)) ? onChange(String(next)) : undefined)} />;
  const keep = () => {
    if (draft !== null && draft !== name && !twice) onChange(draft);
    setDraft(null);
  };
  return <TextInput label={t.form.key} error={error} value={draft ?? name} maxLength={200} onChange={(event) => setDraft(event.currentTarget.value)} onBlur={keep} />;
}

/** One of several forms, told apart by a tag: an algorithm and its own params. What two forms share is kept when the form changes. */
export function VariantField({ path, field, value, onChange, ...shared }: NestedProps) {
  const { defs } = useForm();
  const name = field.schema.discriminator?.propertyName ?? tagOf(field.branches[0] ?? {})?.name ?? "";
  const at = branchOf(field, value);
  const chosen = field.branches[at];
  const options = field.branches.map((branch, index) => ({ value: String(index), label: branch.title ?? String(tagOf(branch, name)?.value ?? index) }));
  const change = (next: string | null) => {
    const branch = next === null ? undefined : field.branches[Number(next)];
    if (!branch) return onChange(null, false);
    const kept = Object.entries(valuesIn(value)).filter(([key]) => key !== name && key in (branch.properties ?? {}));
    return onChange({ ...valuesIn(blank(branch, defs)), ...Object.fromEntries(kept), [name]: tagOf(branch, name)?.value }, false);
  };
  return (
    <Part {...shared}>
      <Select aria-label={`${shared.label}: ${t.form.kind}`} data={options} value={at < 0 ? null : String(at)} clearable={field.nullable} allowDeselect={field.nullable} placeholder={t.form.unset} onChange={change} />
      {chosen && <Properties path={path} schema={chosen} value={value} without={name} onChange={onChange} />}
    </Part>
  );
}

/** One of several things: fixed words to choose from, or a value of one's own. */
export function UnionField({ path, field, value, onChange, ...shared }: NestedProps) {
  const { defs } = useForm();
  const words = field.branches.flatMap((branch) => branch.enum ?? (branch.const === undefined ? [] : [branch.const]));
  const own = field.branches.filter((branch) => !branch.enum && branch.const === undefined);
  const branch = words.includes(value) ? undefined : field.branches[branchOf(field, value)];
  const at = branch ? own.indexOf(branch) : -1;
  const kinds = own.map((one, index) => ({ value: `own ${index}`, label: `${t.form.kinds[fieldOf(one, defs).kind] ?? one.title ?? t.form.value} …` }));
  const options = [...words.map((word) => ({ value: JSON.stringify(word), label: String(word) })), ...kinds];
  const change = (next: string | null) => {
    if (next === null) return onChange(null, false);
    const one = own[Number(next.split("own ")[1])];
    return onChange(next.startsWith("own ") && one ? (blank(one, defs) ?? one.minimum ?? 1) : (JSON.parse(next) as unknown), false);
  };
  const chosen = words.includes(value) ? JSON.stringify(value) : at >= 0 ? `own ${at}` : null;
  return (
    <Stack gap={4}>
      <Select {...shared} data={options} value={chosen} clearable={field.nullable} allowDeselect={field.nullable} placeholder={field.nullable ? t.form.unset : undefined} onChange={change} />
      {branch && (
        <ParamField path={path} schema={{ ...branch, description: "" }} value={value} label={branch.title ?? t.form.value} onChange={onChange} />
      )}
      {at < 0 && !chosen && value !== null && value !== undefined && <Text size="xs">{JSON.stringify(value)}</Text>}
    </Stack>
  );
}
