import { Group, MultiSelect, type MultiSelectProps, Select, Textarea, UnstyledButton } from "@mantine/core";
import { useRef } from "react";
import type { Column } from "../model/types";
import { t } from "../strings";
import { useColumns, useForm } from "./context";
import type { Shared } from "./ParamField";

const MOST_CHIPS = 12;

/** The columns that reach the node, each with its type. */
function useOptions(table: string | undefined, kept: string[]) {
  const columns = useColumns(table);
  const names = (columns ?? []).map((column) => column.name);
  // A value that is no column stays visible, so that the error beside it makes sense.
  const data = [...kept.filter((name) => name && !names.includes(name)), ...names];
  return { data: [...new Set(data)], renderOption: typed(columns ?? []) };
}

const typed = (columns: Column[]): NonNullable<MultiSelectProps["renderOption"]> => {
  const types = new Map(columns.map((column) => [column.name, t.table.types[column.type] ?? column.type]));
  return ({ option }) => (
    <span className="column-option">
      <span>{option.value}</span>
      <small>{types.get(option.value)}</small>
    </span>
  );
};

interface ColumnProps extends Shared {
  value: unknown;
  /** The table input whose columns count. */
  table: string | undefined;
  placeholder?: string | undefined;
  onChange: (value: unknown) => void;
}

export function ColumnField({ value, table, placeholder, onChange, ...shared }: ColumnProps) {
  const { unknown } = useForm();
  const text = typeof value === "string" && value ? value : null;
  const known = useColumns(table) !== undefined;
  return <Select {...shared} {...useOptions(table, text ? [text] : [])} placeholder={known ? placeholder : unknown} value={text} clearable searchable onChange={onChange} />;
}

export function ColumnsField({ value, table, empty, onChange, ...shared }: ColumnProps & { empty: null | [] }) {
  const { unknown } = useForm();
  const columns = useColumns(table);
  const chosen = Array.isArray(value) ? value.map(String) : [];
  return (
    <MultiSelect
      {...shared}
      {...useOptions(table, chosen)}
      placeholder={columns || chosen.length ? undefined : unknown}
      value={chosen}
      clearable
      searchable
      hidePickedOptions
      onChange={(next) => onChange(next.length ? next : empty)}
    />
  );
}

/** A formula, and the columns it may use: one press puts a column where the cursor stands. */
export function FormulaField({ value, table, onChange, ...shared }: ColumnProps) {
  const { unknown } = useForm();
  const columns = useColumns(table);
  const field = useRef<HTMLTextAreaElement>(null);
  const text = typeof value === "string" ? value : "";
  const insert = (name: string) => {
    const input = field.current;
    const [from, to] = [input?.selectionStart ?? text.length, input?.selectionEnd ?? text.length];
    const quoted = /^[A-Za-z_]\w*$/.test(name) ? name : `\`${name}\``;
    onChange(text.slice(0, from) + quoted + text.slice(to));
    requestAnimationFrame(() => {
      input?.focus();
      input?.setSelectionRange(from + quoted.length, from + quoted.length);
    });
  };
  return (
    <>
      <Textarea ref={field} {...shared} autosize minRows={1} maxRows={8} spellCheck={false} classNames={{ input: "code-input" }} value={text} onChange={(event) => onChange(event.currentTarget.value)} />
      <Group gap={4} mt={4} className="chips">
        {(columns ?? []).slice(0, MOST_CHIPS).map((column) => (
          <UnstyledButton key={column.name} className="chip" title={t.form.insertColumn(column.name)} onClick={() => insert(column.name)}>
            {column.name}
          </UnstyledButton>
        ))}
        {!columns && <small>{unknown}</small>}
        {columns && columns.length > MOST_CHIPS && <small>{t.form.more(columns.length - MOST_CHIPS)}</small>}
      </Group>
    </>
  );
}
