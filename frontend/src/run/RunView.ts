import { useMemo } from "react";
import type { NodeRun, Run } from "../api/client";
import { useCatalog, useRevision } from "../api/queries";
import { wires } from "../model/connect";
import { namesOf, withUnknown } from "../model/lookup";
import { outline } from "../model/outline";
import { byType, type NodeTypes, type Workflow } from "../model/types";

/** A run with the drawing it ran: names of its nodes, what feeds what, and their order. */
export interface RunView {
  run: Run;
  document: Workflow | null;
  types: NodeTypes;
  names: (node: string) => string;
  /** The node runs, each after those that feed it. */
  nodes: readonly NodeRun[];
  inputs: ReadonlyMap<string, readonly string[]>;
}

const NO_TYPES: NodeTypes = {};

export function useRunView(run: Run): RunView {
  const catalog = useCatalog();
  const revision = useRevision(run.workflow, run.revision);
  return useMemo(() => {
    const document = (revision.data?.document as unknown as Workflow | undefined) ?? null;
    const known = catalog.data ? byType(catalog.data) : NO_TYPES;
    const types = document ? withUnknown(document, known) : known;
    const names = namesOf(document, types);
    const inputs = new Map<string, string[]>();
    for (const { source, target } of document ? wires(document, types) : []) inputs.set(target, [...(inputs.get(target) ?? []), source]);
    const place = new Map((document ? outline(document, types) : []).map((one, at) => [one.node.id, at]));
    const nodes = [...run.nodes].sort((a, b) => (place.get(a.node) ?? 0) - (place.get(b.node) ?? 0));
    return { run, document, types, names, nodes, inputs };
  }, [run, revision.data, catalog.data]);
}
