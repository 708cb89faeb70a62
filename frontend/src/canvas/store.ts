import { create } from "zustand";
import { amend, begin, type History, record, redo, undo } from "../model/history";
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
  /** One thing a person did: a step that can be undone. */
  edit: (next: Workflow) => void;
  /** A change within a step, such as a node on its way. */
  amend: (next: Workflow) => void;
  undo: () => void;
  redo: () => void;
  select: (nodes: ReadonlySet<string>, wires?: ReadonlySet<number>) => void;
  markSaved: (revision: number, document: Workflow) => void;
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
  edit: (next) => set((state) => ({ history: record(state.history, next) })),
  amend: (next) => set((state) => ({ history: amend(state.history, next) })),
  undo: () => set((state) => ({ history: undo(state.history) })),
  redo: () => set((state) => ({ history: redo(state.history) })),
  select: (nodes, wires = new Set()) => set({ selection: nodes, wires }),
  markSaved: (revision, document) => set({ revision, saved: document }),
  answer: (target) => set({ target }),
}));

export const useDocument = (): Workflow => useCanvas((state) => state.history.present);
