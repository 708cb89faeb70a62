import { lazy, Suspense } from "react";
import type { Finding, NodeRun, Schemas } from "../api/client";
import { keyParts } from "../model/frames";
import { nodeOf } from "../model/lookup";
import type { NodeTypes } from "../model/types";
import { t } from "../strings";
import type { Action } from "../ui/actions";
import { Waiting } from "../ui/Page";
import { FramePanel } from "./FramePanel";
import { Overview, Several } from "./Overview";
import { useCanvas, useDocument } from "./store";

// Forms, figures and charts come when the first node is chosen, or when the page has nothing else to do.
const load = () => import("./NodePanel");
const NodePanel = lazy(load);
/** What cannot be had now is asked for again when it is needed. */
export const preloadPanel = (): void => void load().catch(() => undefined);

interface PanelProps {
  types: NodeTypes;
  check: Schemas["CheckResult"] | undefined;
  /** Why the check could not be asked. */
  failed: Error | null;
  run: string | null;
  nodeRuns: Record<string, NodeRun>;
  actions: Action[];
}

const NONE: readonly Finding[] = [];

/** The right side: the chosen node, what several have in common, or what is to be fixed. */
export function SidePanel({ types, check, failed, run, nodeRuns, actions }: PanelProps) {
  const document = useDocument();
  const selection = useCanvas((state) => state.selection);
  const key = selection.size === 1 ? ([...selection][0] ?? "") : "";
  const only = nodeOf(document, key);
  const type = only && types[only.type];
  return (
    <aside className="side right" aria-label={t.canvas.details}>
      {only && type ? (
        <Suspense fallback={<Waiting />}>
          <NodePanel key={only.id} types={types} node={only} type={type} check={check} run={run} nodeRuns={nodeRuns} />
        </Suspense>
      ) : key && keyParts(key).kind !== "node" ? (
        <FramePanel chosen={key} types={types} actions={actions} />
      ) : selection.size > 1 ? (
        <Several count={selection.size} actions={actions} />
      ) : (
        <Overview types={types} problems={check?.problems ?? NONE} checked={check !== undefined} failed={failed} />
      )}
    </aside>
  );
}
