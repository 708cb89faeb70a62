import type { Finding, NodeRun, Schemas } from "../api/client";
import { nodeOf } from "../model/lookup";
import type { NodeTypes } from "../model/types";
import { t } from "../strings";
import type { Action } from "../ui/actions";
import { NodePanel } from "./NodePanel";
import { Overview, Several } from "./Overview";
import { useCanvas, useDocument } from "./store";

interface PanelProps {
  types: NodeTypes;
  check: Schemas["CheckResult"] | undefined;
  run: string | null;
  nodeRuns: Record<string, NodeRun>;
  actions: Action[];
}

const NONE: readonly Finding[] = [];

/** The right side: the chosen node, what several have in common, or what is to be fixed. */
export function SidePanel({ types, check, run, nodeRuns, actions }: PanelProps) {
  const document = useDocument();
  const selection = useCanvas((state) => state.selection);
  const only = selection.size === 1 ? nodeOf(document, [...selection][0] ?? "") : undefined;
  const type = only && types[only.type];
  return (
    <aside className="side right" aria-label={t.canvas.details}>
      {only && type ? (
        <NodePanel key={only.id} node={only} type={type} check={check} run={run} nodeRun={nodeRuns[only.id]} />
      ) : selection.size > 1 ? (
        <Several count={selection.size} actions={actions} />
      ) : (
        <Overview types={types} problems={check?.problems ?? NONE} />
      )}
    </aside>
  );
}
