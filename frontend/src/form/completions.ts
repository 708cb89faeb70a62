import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import type { Column } from "../model/types";
import { t } from "../strings";

/** Columns as they may be named inside quotes, and behind `df.` where they are Python names. */
export function columnsOf(columns: readonly Column[] | undefined): (context: CompletionContext) => CompletionResult | null {
  const named: Completion[] = (columns ?? []).map((one) => ({ label: one.name, type: "property", detail: t.table.types[one.type] ?? one.type, boost: 1 }));
  const dotted = named.filter((one) => /^[A-Za-z_]\w*$/.test(one.label));
  return (context) => {
    const quoted = context.matchBefore(/["'][^"'\n]*$/);
    if (quoted && named.length > 0) {
      const closing = quoted.text[0] ?? "";
      const closed = context.state.sliceDoc(context.pos, context.pos + 1) === closing;
      return { from: quoted.from + 1, options: named.map((one) => ({ ...one, apply: closed ? one.label : one.label + closing })), validFor: /^[^"'\n]*$/ };
    }
    const attribute = context.matchBefore(/\bdf\.\w*$/);
    return attribute && dotted.length > 0 ? { from: attribute.from + 3, options: dotted, validFor: /^\w*$/ } : null;
  };
}

/** The tables of a query and their columns, as the SQL language takes them. */
export const schemaOf = (columns: Readonly<Record<string, readonly Column[] | undefined>>): Record<string, string[]> =>
  Object.fromEntries(Object.entries(columns).flatMap(([table, known]) => (table ? [[table, (known ?? []).map((one) => one.name)]] : [])));
