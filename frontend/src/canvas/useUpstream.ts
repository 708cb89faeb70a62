import { useQueries } from "@tanstack/react-query";
import type { NodeRun, Schemas } from "../api/client";
import { nodeDetail } from "../api/queries";
import { byName } from "../model/record";
import type { Column, DrawnNode, NodeType } from "../model/types";
import { t } from "../strings";

type Check = Schemas["CheckResult"] | undefined;

export interface Upstream {
  /** By table input; those of the first one also under "". Undefined while nobody knows. */
  columns: Record<string, Column[] | undefined>;
  /** Why they are not known. */
  why: string;
}

/**
 * The columns that reach a node: from the check, which knows them before any run; where it cannot know (a node whose columns depend on the data), from the run that is
 * shown; otherwise the words that say when they will be known.
 */
export function useUpstream(node: DrawnNode, type: NodeType, check: Check, run: string | null, nodeRuns: Record<string, NodeRun>): Upstream {
  const feeds = type.inputs
    .filter((port) => port.kind === "table")
    .map((port) => ({ port: port.name, wire: check?.connections.find((one) => one.target === node.id && one.targetHandle === port.name) }));
  const checked = ({ wire }: (typeof feeds)[number]) => wire && check?.columns[wire.source]?.[wire.sourceHandle ?? ""];
  const ran = useQueries({ queries: feeds.map((feed) => nodeDetail(run, feed.wire && !checked(feed) ? feed.wire.source : null, nodeRuns[feed.wire?.source ?? ""]?.status)) });
  const known = feeds.map((feed, index) => {
    const outputs = (ran[index]?.data?.manifest as { outputs?: Record<string, { columns?: Column[] }> } | null | undefined)?.outputs;
    return [feed.port, checked(feed) ?? outputs?.[feed.wire?.sourceHandle ?? ""]?.columns] as const;
  });
  const connected = feeds.some(({ wire }) => wire);
  return { columns: byName([...known, ["", known[0]?.[1]]]), why: connected ? t.panel.knownAfterRun : t.panel.noColumns };
}
