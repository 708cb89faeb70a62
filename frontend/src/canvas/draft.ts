import { isObject, readDocument } from "../model/read";
import { merge } from "../model/merge";
import type { Workflow } from "../model/types";

/** What could not be saved, kept in this browser until it is: a drawing, and the one the server had when it was drawn. */
interface Draft {
  base: Workflow;
  document: Workflow;
}

const keyOf = (id: string): string => `flowza-draft-${id}`;

/** Gives false where the browser's storage is full or closed; then only the open page has it. */
export function keepDraft(id: string, base: Workflow, document: Workflow): boolean {
  try {
    localStorage.setItem(keyOf(id), JSON.stringify({ base, document } satisfies Draft));
    return true;
  } catch {
    return false;
  }
}

export function dropDraft(id: string): void {
  try {
    localStorage.removeItem(keyOf(id));
  } catch {
    // a browser without storage has none
  }
}

/** The drawing with what was not saved the last time; null where there is nothing, or nothing readable. Where both changed the same thing, the unsaved side holds, and undo takes it away. */
export function withDraft(id: string, saved: Workflow): Workflow | null {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(keyOf(id)) ?? "null");
    if (!isObject(found)) return null;
    const [base, document] = [readDocument(JSON.stringify(found.base)), readDocument(JSON.stringify(found.document))];
    return "document" in base && "document" in document ? merge(base.document, document.document, saved).document : null;
  } catch {
    return null;
  }
}
