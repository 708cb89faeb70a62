import { Button } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useState } from "react";
import { usePlan } from "../api/queries";
import { formatDollars, formatRange, formatSeconds, t } from "../strings";
import { useCanvas, useDocument } from "./store";
import type { Runner } from "./useRunner";

interface RunButtonProps {
  id: string;
  errors: number;
  live: boolean;
  runner: Runner;
}

/** An orange on which white keeps 4.5 to 1. */
const FIX = "#a84a00";

/** Run. Whoever comes near it is told beforehand what is stored, how long the rest takes and what it costs. */
export function RunButton({ id, errors, live, runner }: RunButtonProps) {
  const document = useDocument();
  const target = useCanvas((state) => state.target);
  const [near, setNear] = useState(false);
  const plan = usePlan(document, { id, target, scope: {}, cache: true }, near && errors === 0 && !live && document.nodes.length > 0);
  const words = errors > 0 ? t.canvas.toFixHint : plan.data ? beforehand(plan.data) : undefined;
  return (
    <Button
      size="xs"
      color={errors > 0 ? FIX : undefined}
      title={words}
      aria-description={words}
      leftSection={errors > 0 ? undefined : <IconPlayerPlay size={14} aria-hidden />}
      loading={runner.pending || live}
      disabled={document.nodes.length === 0}
      onMouseEnter={() => setNear(true)}
      onFocus={() => setNear(true)}
      onClick={() => runner.start()}
    >
      {errors > 0 ? t.canvas.toFix(errors) : live ? t.canvas.running : t.canvas.run}
    </Button>
  );
}

function beforehand({ nodes, stages, totals }: NonNullable<ReturnType<typeof usePlan>["data"]>): string {
  if (nodes.length > 0 && stages.length === 0) return t.plan.nothing;
  const stored = t.order.stored(nodes.filter((one) => one.cached).length, nodes.length);
  const seconds = totals?.seconds ? `${t.plan.seconds}: ${formatRange(totals.seconds, formatSeconds)}.` : "";
  const cost = totals?.cost_usd ? `${t.plan.cost}: ${formatRange(totals.cost_usd, formatDollars)}.` : (totals?.note ?? "");
  return [stored, seconds, cost].filter(Boolean).join(" ");
}
