import { useEffect, useRef, useState } from "react";
import type { Run } from "../api/client";
import { isFinal } from "../api/queries";
import { namesOf } from "../model/lookup";
import type { NodeTypes } from "../model/types";
import { t } from "../strings";
import { useCanvas } from "./store";

const SIGNS: Record<string, string> = { queued: "…", running: "▶", succeeded: "✓", failed: "✗", stopped: "■" };
const word = (status: string): string => t.status[status as keyof typeof t.status] ?? status;

/** What changed in a run, in words for a live region: nodes that end badly by name, otherwise how far it is. Nothing is said of a run that was over when it was opened. */
export function useAnnouncement(run: Run | undefined, types: NodeTypes): string {
  const before = useRef<Run | undefined>(undefined);
  const [words, setWords] = useState("");
  useEffect(() => {
    const known = before.current?.id === run?.id ? before.current : undefined;
    before.current = run;
    if (!run || (!known && isFinal(run))) return;
    const was = new Map(known?.nodes.map((node) => [node.node, node.status]));
    const name = namesOf(useCanvas.getState().history.present, types);
    const failed = run.nodes.filter((node) => node.status === "failed" && was.get(node.node) !== "failed").map((node) => t.run.announceNode(name(node.node), word(node.status)));
    const done = run.nodes.filter((node) => ["succeeded", "cached"].includes(node.status)).length;
    const next = [...failed, t.run.announce(word(run.status), done, run.nodes.length)].join(". ");
    setWords(next);
  }, [run, types]);
  return words;
}

/** The tab tells how the run stands. */
export function useTabTitle(name: string, run: Run | undefined): void {
  useEffect(() => {
    document.title = [run && SIGNS[run.status], name, t.product].filter(Boolean).join(" ");
    return () => {
      document.title = t.product;
    };
  }, [name, run]);
}
