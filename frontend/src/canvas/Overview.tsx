import { Button, Group, Textarea } from "@mantine/core";
import { memo } from "react";
import type { Finding } from "../api/client";
import { inOrder, paramOf } from "../model/problems";
import type { NodeTypes } from "../model/types";
import { t } from "../strings";
import type { Action } from "../ui/actions";
import { ProblemLine } from "./ProblemLine";
import { useCanvas, useDocument } from "./store";
import { useGoTo } from "./useActions";
import { show } from "./view";

interface OverviewProps {
  types: NodeTypes;
  problems: readonly Finding[];
  /** The check has answered. */
  checked: boolean;
  /** Why it could not be asked. */
  failed: Error | null;
}

/** Nothing is chosen: what is to be fixed, and what the workflow is for. */
export const Overview = memo(function Overview({ types, problems, checked, failed }: OverviewProps) {
  const document = useDocument();
  const { edit, seal } = useCanvas.getState();
  const goTo = useGoTo();
  const found = inOrder(problems, document);
  const walkable = found.filter((one) => one.node);
  return (
    <>
      <h2 className="group-title">{t.canvas.problems}</h2>
      {failed && <p role="alert">{t.canvas.checkFailed(failed.message)}</p>}
      {!failed && !checked && document.nodes.length > 0 && <p>{t.canvas.checking}</p>}
      {checked && found.length === 0 && document.nodes.length > 0 && <p>{t.canvas.noProblems}</p>}
      {found.map((problem, index) => (
        <ProblemLine
          key={index}
          problem={problem}
          document={document}
          types={types}
          onGo={() => {
            if (!problem.node) return;
            show({ problem: walkable.indexOf(problem) });
            goTo(problem.node, paramOf(problem.field));
          }}
        />
      ))}
      <Textarea
        mt="md"
        size="xs"
        autosize
        minRows={3}
        maxRows={12}
        maxLength={5_000}
        label={t.canvas.description}
        description={t.canvas.descriptionHint}
        value={document.description}
        onChange={(event) => edit({ ...document, description: event.currentTarget.value }, "description")}
        onBlur={seal}
      />
    </>
  );
});

const SEVERAL = ["align-column", "align-row", "spread-x", "spread-y", "tidy", "group", "ungroup", "disable", "duplicate", "copy", "cut", "fit-selection", "delete"];

/** Several are chosen: what can be done with them together. */
export function Several({ count, actions }: { count: number; actions: Action[] }) {
  return (
    <>
      <h2 className="group-title">{t.canvas.selected(count)}</h2>
      <Group gap={6}>
        {SEVERAL.flatMap((id) => actions.find((one) => one.id === id) ?? []).map((action) => (
          <Button key={action.id} size="xs" variant="default" disabled={!action.enabled()} onClick={action.act}>
            {action.title}
          </Button>
        ))}
      </Group>
    </>
  );
}
