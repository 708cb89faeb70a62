import { create } from "zustand";
import type { NodeRun } from "../api/client";
import { emptyWorkflow } from "../model/document";
import { namesOf } from "../model/lookup";
import { whyWords } from "../model/reasons";
import type { NodeTypes, Workflow } from "../model/types";
import { APPROVAL, waitsFor } from "../model/waiting";
import { t } from "../strings";

/**
 * How the drawing stands in the run that is shown. The query cache owns the run; the page puts it here so that every card and every line can watch its own part: a
 * change of one status then draws one card, and neither React Flow nor the page looks at the others.
 */
export interface Standing {
  document: Workflow;
  types: NodeTypes;
  runs: Record<string, NodeRun>;
}

export const useStanding = create<Standing>(() => ({ document: emptyWorkflow(), types: {}, runs: {} }));

/** What a node waits for, in words; undefined where it does not. */
export function waitWords({ document, types, runs }: Standing, node: string): string | undefined {
  const run = runs[node];
  if (run?.progress === APPROVAL) return run.approvers.length ? t.order.waitingFor(run.approvers, 0) : t.order.waitingYou;
  const found = waitsFor(document, types, (one) => runs[one]?.status, node);
  if (found) return t.order.waitingFor(found.names, found.more);
  return run?.status === "skipped" ? whyWords(run.reason, namesOf(document, types)) : undefined;
}
