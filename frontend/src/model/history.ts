/** Undo by intent: a snapshot is taken when a person does something, never by comparing documents. */
export interface History<T> {
  past: T[];
  present: T;
  future: T[];
  /** What the newest step is about, while more of the same still belongs to it: letters typed into one field are one step. */
  intent?: string | undefined;
}

export const STEPS = 200;

export const begin = <T>(present: T): History<T> => ({ past: [], present, future: [] });

export function record<T>(history: History<T>, next: T, intent?: string): History<T> {
  if (next === history.present) return history;
  if (intent !== undefined && intent === history.intent) return { ...history, present: next, future: [] };
  return { past: [...history.past, history.present].slice(-STEPS), present: next, future: [], intent };
}

/** The intent is over: the next edit is a step of its own. */
export const seal = <T>(history: History<T>): History<T> => (history.intent === undefined ? history : { ...history, intent: undefined });

export function undo<T>(history: History<T>): History<T> {
  const before = history.past.at(-1);
  if (before === undefined) return history;
  return { past: history.past.slice(0, -1), present: before, future: [history.present, ...history.future] };
}

export function redo<T>(history: History<T>): History<T> {
  const after = history.future[0];
  if (after === undefined) return history;
  return { past: [...history.past, history.present], present: after, future: history.future.slice(1) };
}
