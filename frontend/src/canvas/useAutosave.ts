import { notifications } from "@mantine/notifications";
import { useEffect, useRef, useState } from "react";
import { api, ApiProblem, data } from "../api/client";
import { changes } from "../model/changes";
import { merge } from "../model/merge";
import type { Workflow } from "../model/types";
import { t } from "../strings";
import { dropDraft, keepDraft } from "./draft";
import { useCanvas, useDocument } from "./store";

export type SaveState = "saved" | "saving" | "unsaved" | "offline";

export interface Save {
  state: SaveState;
  /** Why the server does not take the document as it is; the next edit tries again. */
  refusal: string | null;
  conflict: Conflict | null;
  flush: (force?: number) => Promise<boolean>;
  /** The conflict is decided. */
  settle: () => void;
}

/** What stands against ours. */
export interface Conflict {
  revision: number;
  document: Workflow;
}

type Outcome = "saved" | "merged" | "refused";

const PAUSE_MS = 600;
const RETRY_MS = 3_000;

/** Save the revision that was seen, and no other: a save that somebody overtook comes back as a conflict, with both sides kept. */
async function save(id: string, document: Workflow, revision: number) {
  return data(await api.PUT("/api/workflows/{workflow}", { params: { path: { workflow: id } }, headers: { "If-Match": `"${revision}"` }, body: document }));
}

/** What somebody else saved, put together with what is drawn here. Gives false where both changed the same thing: then a person decides. */
function mergeWith({ revision, document }: Conflict): boolean {
  const { history, saved, rebase } = useCanvas.getState();
  const merged = merge(saved, history.present, document);
  if (merged.collisions.length) return false;
  const number = changes(saved, document).length;
  rebase(revision, document, merged.document);
  notifications.show({ message: t.conflict.merged(t.changes.number(number)), autoClose: 8_000 });
  return true;
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
  const busy = useRef<Promise<Outcome> | null>(null);

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
      .then((record): Outcome => {
        markSaved(record.revision, history.present);
        dropDraft(id);
        setConflict(null);
        setRefusal(null);
        setState("saved");
        return "saved";
      })
      .catch((error: unknown): Outcome => {
        keepDraft(id, known, history.present);
        setState(error instanceof ApiProblem && error.problem.status < 500 ? "unsaved" : "offline");
        if (!(error instanceof ApiProblem) || error.problem.status >= 500) return "refused";
        if (error.problem.code === "revision-conflict") {
          const current = error.problem.current as Conflict;
          if (mergeWith(current)) return "merged";
          setConflict(current);
        } else setRefusal(error.problem.errors?.[0]?.message ?? error.message);
        return "refused";
      })
      .finally(() => {
        busy.current = null;
      });
    const outcome = await busy.current;
    return outcome === "merged" ? flush() : outcome === "saved";
  };

  // Going to another page saves at once.
  const leaving = useRef(flush);
  leaving.current = flush;
  useEffect(() => () => void leaving.current(), []);

  useEffect(() => {
    // Whoever leaves with something unsaved is asked by the browser, in its own words.
    const onLeave = (event: BeforeUnloadEvent) => {
      const { history, saved: known } = useCanvas.getState();
      if (history.present !== known) event.preventDefault();
    };
    window.addEventListener("beforeunload", onLeave);
    return () => window.removeEventListener("beforeunload", onLeave);
  }, []);

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

  return { state, refusal, conflict, flush, settle: () => setConflict(null) };
}
