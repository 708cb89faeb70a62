import { Anchor, Stack } from "@mantine/core";
import { useMemo } from "react";
import { useLocation } from "wouter";
import type { NodeRun, Schemas } from "../api/client";
import { useCatalog, useResumeRun } from "../api/queries";
import { NEEDS_CLEANING, NEEDS_RESUME, putBefore } from "../model/fixes";
import { namesOf } from "../model/lookup";
import { paramOf } from "../model/problems";
import { APPROVAL } from "../model/waiting";
import { byType, type DrawnNode, type NodeTypes } from "../model/types";
import { Approval } from "../run/Approval";
import type { Fix } from "../run/Failure";
import { Result } from "../run/Result";
import { t } from "../strings";
import { useCanvas, useDocument } from "./store";
import { show } from "./view";

interface NodeResultProps {
  types: NodeTypes;
  node: DrawnNode;
  run: string | null;
  nodeRun: NodeRun | undefined;
  detail: Schemas["NodeDetail"] | undefined;
}

/** What a node gave in the run that is shown: its result, or why it failed and the ways out, or the question it waits with. */
export function NodeResult({ types, node, run, nodeRun, detail }: NodeResultProps) {
  const fixes = useFixes(node, run, nodeRun);
  const document = useDocument();
  const attached = (detail?.manifest?.attachments ?? {}) as Record<string, unknown>;
  const onCell = attached.predictions ? (truth: string, predicted: string) => show({ port: { node: node.id, port: "predictions", cell: { truth, predicted } } }) : undefined;
  if (!nodeRun || nodeRun.status === "queued") return <>{t.panel.noResult}</>;
  return (
    <>
      {run && nodeRun.progress === APPROVAL && <Approval run={run} node={node.id} />}
      <Result run={detail?.node_run ?? nodeRun} manifest={detail?.manifest ?? null} log={detail?.log ?? ""} fixes={fixes} names={namesOf(document, types)} onCell={onCell} />
      <Stack gap={2} mt="sm">
        {Object.entries(detail?.downloads ?? {}).map(([port, url]) => (
          <Anchor key={port} href={url} size="sm" download className="download">
            {t.panel.download}: {port.replaceAll("_", " ")}
          </Anchor>
        ))}
      </Stack>
    </>
  );
}

/** The ways out of a failure, as changes of the drawing or of the run. */
function useFixes(node: DrawnNode, run: string | null, nodeRun: NodeRun | undefined): Fix[] {
  const catalog = useCatalog();
  const resume = useResumeRun();
  const [, navigate] = useLocation();
  const error = nodeRun?.error;
  return useMemo(() => {
    if (!error || !run) return [];
    const code = String(error.code);
    const fixes: Fix[] = [];
    if (NEEDS_CLEANING.has(code) && catalog.data) fixes.push({ title: t.order.fixClean, act: () => clean(node, byType(catalog.data)) });
    if (NEEDS_RESUME.has(code)) fixes.push({ title: t.order.fixResume, act: () => void resume.mutateAsync(run).then((next) => navigate(`/workflows/${next.workflow}?run=${next.id}`)) });
    const field = paramOf(typeof error.field === "string" ? error.field : null);
    if (field) fixes.push({ title: t.order.fixOpen, act: () => show({ attention: { node: node.id, field } }) });
    fixes.push({ title: t.order.fixAgain, act: () => show({ plan: { since: node.id } }) });
    return fixes;
    // `resume` is new with every state of its own.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [error, run, node, catalog.data]);
}

function clean(node: DrawnNode, types: ReturnType<typeof byType>) {
  const { history, edit, select } = useCanvas.getState();
  const made = putBefore(history.present, types, node.id, "preprocess");
  if (!made) return;
  edit(made.workflow);
  select(new Set([made.id]));
}
