import { Button } from "@mantine/core";
import { IconWand } from "@tabler/icons-react";
import type { Finding } from "../api/client";
import { mended } from "../model/fix";
import { nodeOf, titleOf } from "../model/lookup";
import type { NodeTypes, Workflow } from "../model/types";
import { t } from "../strings";
import { useCanvas } from "./store";

interface LineProps {
  problem: Finding;
  document: Workflow;
  types: NodeTypes;
  /** Leads to the place; without it the place is where the line stands. */
  onGo?: () => void;
}

const SIGNS = { error: "✗", warning: "!", notice: "i" };

/** One finding of the check: what, the way out, and a click that mends it where there is one. */
export function ProblemLine({ problem, document, types, onGo }: LineProps) {
  const node = problem.node ? nodeOf(document, problem.node) : undefined;
  const { severity = "error" } = problem;
  const words = (
    <>
      <b>{SIGNS[severity]}</b> <span className="visually-hidden">{t.problems.severity[severity]}: </span>
      {node && onGo && <b>{titleOf(node, types)}: </b>}
      {problem.message}
      {problem.hint && <div className="node-words">{problem.hint}</div>}
    </>
  );
  return (
    <div className="problem">
      {onGo ? (
        <button type="button" className="problem-item" onClick={onGo}>
          {words}
        </button>
      ) : (
        <div className="problem-item">{words}</div>
      )}
      {problem.fix && (
        <Button size="compact-xs" variant="light" leftSection={<IconWand size={13} aria-hidden />} onClick={() => fix(problem, types)}>
          {t.problems.fix}
        </Button>
      )}
    </div>
  );
}

/** Make the change that the check proposes: one step, which undo takes back. */
export function fix({ fix: change }: Finding, types: NodeTypes): void {
  const { history, edit } = useCanvas.getState();
  if (change) edit(mended(history.present, types, change));
}
