import { Anchor, Stack } from "@mantine/core";
import { useMemo } from "react";
import { useLocation } from "wouter";
import type { NodeRun, Schemas } from "../api/client";
import { useResumeRun } from "../api/queries";
import { waysOut } from "../model/fixes";
import { namesOf } from "../model/lookup";
import { APPROVAL } from "../model/waiting";
import type { DrawnNode, NodeTypes } from "../model/types";
import { Approval } from "../run/Approval";
import type { Fix } from "../run/Failure";
import { Result } from "../run/Result";
import { t } from "../strings";
import { go } from "./errand";
import { useDocument } from "./store";
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
  const fixes = useFixes(types, node, run, nodeRun);
  const document = useDocument();
  const attached = (detail?.manifest?.attachments ?? {}) as Record<string, unknown>;
  const onCell = attached.predictions ? (truth: string, predicted: string) => show({ port: { node: node.id, port: "predictions", cell: { truth, predicted } } }) : undefined;
  if (!nodeRun || nodeRun.status === "queued") return <>{t.panel.noResult}</>;
  return (
    <>
      {run && nodeRun.progress === APPROVAL && <Approval run={run} node={node.id} approvers={nodeRun.approvers} question={nodeRun.question} />}
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
function useFixes(types: NodeTypes, node: DrawnNode, run: string | null, nodeRun: NodeRun | undefined): Fix[] {
  const resume = useResumeRun();
  const [, navigate] = useLocation();
  const error = nodeRun?.error;
  return useMemo(
    () =>
      !run
        ? []
        : waysOut(error).map((way) => ({
            title: t.order.ways[way],
            act: () => {
              if (way === "resume") return void resume.mutateAsync(run).then((next) => navigate(`/workflows/${next.workflow}?run=${next.id}`));
              go({ node: node.id, way, field: typeof error?.field === "string" ? error.field : null }, types);
            },
          })),
    // `resume` is new with every state of its own.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [error, run, node, types],
  );
}
