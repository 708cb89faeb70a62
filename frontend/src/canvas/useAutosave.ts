import { useEffect, useRef, useState } from "react";
import { api, ApiProblem, data } from "../api/client";
import type { Workflow } from "../model/types";
import { useCanvas, useDocument } from "./store";

export type SaveState = "saved" | "saving" | "unsaved" | "offline";

export interface Save {
  state: SaveState;
  /** Why the server does not take the document as it is; the next edit tries again. */
  refusal: string | null;
  conflict: Conflict | null;
  flush: (force?: number) => Promise<boolean>;
}

/** What stands against ours. */
export interface Conflict {
  revision: number;
  document: Workflow;
}

const PAUSE_MS = 600;
const RETRY_MS = 3_000;

/** Save the revision that was seen, and no other: a save that somebody overtook comes back as a conflict, with both sides kept. */
async function save(id: string, document: Workflow, revision: number) {
  return data(await api.PUT("/api/workflows/{workflow}", { params: { path: { workflow: id } }, headers: { "If-Match": `"${revision}"` }, body: document }));
}

/**
 * Autosave with optimistic locking. Gives the state for the header, the record that stands against ours in a conflict, and `flush`, which saves now and tells whether
 * the server has what is drawn.
 */
export function useAutosave(): Save {
  const document = useDocument();
  const saved = useCanvas((state) => state.saved);
  const [state, setState] = useState<SaveState>("saved");
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const [refusal, setRefusal] = useState<string | null>(null);
  const busy = useRef<Promise<boolean> | null>(null);

  const flush = async (force?: number): Promise<boolean> => {
    if (busy.current) await busy.current;
    const { id, revision, history, saved: known, markSaved } = useCanvas.getState();
    if (!id) return true;
    if (history.present === known) {
      setState("saved");
      return true;
    }
    setState("saving");
    busy.current = save(id, history.present, force ?? revision)
      .then((record) => {
        markSaved(record.revision, history.present);
        setConflict(null);
        setRefusal(null);
        setState("saved");
        return true;
      })
      .catch((error: unknown) => {
        if (error instanceof ApiProblem && error.problem.code === "revision-conflict") {
          setConflict(error.problem.current as Conflict);
          setState("unsaved");
        } else if (error instanceof ApiProblem && error.problem.status < 500) {
          setRefusal(error.problem.errors?.[0]?.message ?? error.message);
          setState("unsaved");
        } else setState("offline");
        return false;
      })
      .finally(() => {
        busy.current = null;
      });
    return busy.current;
  };

  useEffect(() => {
    if (conflict) return undefined;
    if (document === saved) {
      setState("saved");
      return undefined;
    }
    setState((known) => (known === "offline" ? known : "unsaved"));
    const timer = setTimeout(() => void flush(), state === "offline" ? RETRY_MS : PAUSE_MS);
    return () => clearTimeout(timer);
    // `state` restarts the timer after a failed try.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [document, saved, conflict, state]);

  return { state, refusal, conflict, flush };
}
