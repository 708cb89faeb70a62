import { createContext, useContext } from "react";
import type { Column } from "../model/types";
import type { Defs } from "./schema";

/** What every field of a form may need to know. */
export interface FormContext {
  defs: Defs;
  /** Columns that reach each table input, the first one under ""; undefined while nobody knows. */
  columns: Record<string, Column[] | undefined>;
  /** Why nobody knows. */
  unknown: string;
  /** The target that is learned when the field stays open. */
  target: string | null | undefined;
  /** Messages of the server's check by path: `test_size`, `rules.0.value`. */
  problems: Record<string, string>;
}

export const Context = createContext<FormContext>({ defs: {}, columns: {}, unknown: "", target: null, problems: {} });

export const useForm = (): FormContext => useContext(Context);

/** The columns that a field may name. */
export const useColumns = (table = ""): Column[] | undefined => useForm().columns[table];

/** What the check says of a path; where nothing deeper is drawn, also of what lies below it. */
export function problemAt(problems: Record<string, string>, path: string, below: boolean): string | undefined {
  if (problems[path] || !below) return problems[path];
  const found = Object.keys(problems).find((one) => one.startsWith(`${path}.`));
  return found && problems[found];
}
