import { useLocation } from "wouter";
import type { NodeRun, Run } from "../api/client";
import { useResumeRun } from "../api/queries";
import { useErrand } from "../canvas/errand";
import { waysOut } from "../model/fixes";
import { t } from "../strings";
import type { Fix } from "./Failure";

/** The ways out of a node's failure from a page without a canvas: what changes the drawing, or asks before it runs, goes on there. */
export function useWaysOut(run: Run): (node: NodeRun) => Fix[] {
  const resume = useResumeRun();
  const [, navigate] = useLocation();
  return ({ node, error }) =>
    waysOut(error).map((way) => ({
      title: t.order.ways[way],
      act: () => {
        if (way === "resume") return void resume.mutateAsync(run.id).then((next) => navigate(`/runs/${next.id}`));
        const field = typeof error?.field === "string" ? error.field : null;
        useErrand.setState({ errand: { workflow: run.workflow, node, way, field } });
        navigate(`/workflows/${run.workflow}?run=${run.id}&node=${encodeURIComponent(node)}`);
      },
    }));
}
