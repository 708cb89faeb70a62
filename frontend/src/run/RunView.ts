import { useMemo } from "react";
import type { Run } from "../api/client";
import { useCatalog, useRevision } from "../api/queries";
import { wires } from "../model/connect";
import { nodeOf, titleOf, withUnknown } from "../model/lookup";
import { byType, type NodeTypes, type Workflow } from "../model/types";

/** A run with the drawing it ran: names of its nodes, what feeds what, and their order. */
export interface RunView {
  run: Run;
  document: Workflow | null;
  types: NodeTypes;
  names: (node: string) => string;
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
    const names = (id: string) => {
      const node = document ? nodeOf(document, id) : undefined;
      return node ? titleOf(node, types) : id;
    };
    const inputs = new Map<string, string[]>();
    for (const { source, target } of document ? wires(document, types) : []) inputs.set(target, [...(inputs.get(target) ?? []), source]);
    return { run, document, types, names, inputs };
  }, [run, revision.data, catalog.data]);
}
