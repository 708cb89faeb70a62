import { Collapse, Stack, UnstyledButton } from "@mantine/core";
import { useEffect, useMemo, useState } from "react";
import type { Column, JsonSchema } from "../model/types";
import { t } from "../strings";
import { Context } from "./context";
import { ParamField } from "./ParamField";

interface FormProps {
  schema: JsonSchema;
  params: Record<string, unknown>;
  /** Columns that reach each table input, the first one under ""; undefined while nobody knows. */
  columns: Record<string, Column[] | undefined>;
  /** Why nobody knows the columns. */
  unknown?: string;
  /** The target that is learned when the field stays open. */
  target?: string | null;
  /** Messages of the server's check by path. */
  problems: Record<string, string>;
  /** A param that is about to get the focus: a folded part that holds it unfolds. */
  focus?: string | null;
  /** `typing`: more of the same may follow, as while a word is typed. */
  onChange: (name: string, value: unknown, typing: boolean) => void;
}

/** A form made from a node type's params: the names and words come from the node itself. */
export function SchemaForm({ schema, params, columns, unknown = t.panel.noColumns, target, problems, focus, onChange }: FormProps) {
  const [open, setOpen] = useState(false);
  const context = useMemo(() => ({ defs: schema.$defs ?? {}, columns, unknown, target, problems }), [schema, columns, unknown, target, problems]);
  const entries = Object.entries(schema.properties ?? {});
  const field = ([name, one]: [string, JsonSchema]) => (
    <ParamField
      key={name}
      path={name}
      schema={one}
      value={name in params ? params[name] : one.default}
      required={schema.required?.includes(name) ?? false}
      // What equals the default is left out of the document, so that a later default reaches it.
      onChange={(next, typing) => onChange(name, JSON.stringify(next) === JSON.stringify(one.default) ? undefined : next, typing)}
    />
  );
  const advanced = entries.filter(([, one]) => one["x-advanced"]);
  const folded = advanced.some(([name]) => name === focus?.split(".")[0]);
  useEffect(() => {
    if (folded) setOpen(true);
  }, [folded]);
  return (
    <Context value={context}>
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
    </Context>
  );
}
