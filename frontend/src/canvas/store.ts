import { create } from "zustand";
import { begin, type History, record, redo, seal, undo } from "../model/history";
import { emptyWorkflow } from "../model/document";
import type { Workflow } from "../model/types";

/**
 * The one store: the document with its history, what is selected, and which revision the server has. Server data (runs, datasets, the check) lives in the
 * query cache.
 */
interface CanvasState {
  id: string | null;
  revision: number;
  history: History<Workflow>;
  /** The document as the server has it: what differs is not saved yet. */
  saved: Workflow;
  selection: ReadonlySet<string>;
  wires: ReadonlySet<number>;
  target: string | null;
  load: (id: string, revision: number, document: Workflow) => void;
  /** One thing a person did: a step that can be undone. Edits of one intent in a row, such as letters of a name, are one step. */
  edit: (next: Workflow, intent?: string) => void;
  /** The intent is over: a field was left. */
  seal: () => void;
  undo: () => void;
  redo: () => void;
  select: (nodes: ReadonlySet<string>, wires?: ReadonlySet<number>) => void;
  markSaved: (revision: number, document: Workflow) => void;
  /** Take over what somebody else saved, merged with ours: the drawing changes, and undo brings ours back. */
  rebase: (revision: number, theirs: Workflow, merged: Workflow) => void;
  answer: (target: string | null) => void;
}

export const useCanvas = create<CanvasState>((set) => ({
  id: null,
  revision: 0,
  history: begin(emptyWorkflow()),
  saved: emptyWorkflow(),
  selection: new Set(),
  wires: new Set(),
  target: null,
  load: (id, revision, document) => set({ id, revision, history: begin(document), saved: document, selection: new Set(), wires: new Set(), target: null }),
  edit: (next, intent) => set((state) => ({ history: record(state.history, next, intent) })),
  seal: () => set((state) => ({ history: seal(state.history) })),
  undo: () => set((state) => ({ history: undo(state.history) })),
  redo: () => set((state) => ({ history: redo(state.history) })),
  select: (nodes, wires = new Set()) => set((state) => ({ selection: nodes, wires, history: seal(state.history) })),
  markSaved: (revision, document) => set({ revision, saved: document }),
  rebase: (revision, theirs, merged) => set((state) => ({ revision, saved: theirs, history: record(seal(state.history), merged) })),
  answer: (target) => set({ target }),
}));

export const useDocument = (): Workflow => useCanvas((state) => state.history.present);
