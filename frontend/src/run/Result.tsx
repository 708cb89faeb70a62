import { Alert, Stack } from "@mantine/core";
import { lazy, Suspense } from "react";
import type { Chart } from "../charts/kinds";
import type { NodeRun } from "../api/client";
import { useMetricTitle } from "../api/queries";
import { formatDollars, formatNumber, formatSeconds, t } from "../strings";
import { whyWords } from "../model/reasons";
import { Status } from "../ui/Status";
import { Failure, type Fix } from "./Failure";

const Charts = lazy(() => import("../charts/Charts"));

interface Dropped {
  reason: string;
  count: number;
}

interface ResultProps {
  run: NodeRun;
  manifest: Record<string, unknown> | null;
  log?: string;
  fixes?: readonly Fix[];
  names: (node: string) => string;
  /** A cell of the confusion matrix was chosen. */
  onCell?: ((truth: string, predicted: string) => void) | undefined;
}

/** Here the reason says why the node did not run; elsewhere, why it was not taken from what is stored. */
const NOT_RUN = new Set(["cached", "skipped", "stopped"]);

/** What one node gave: how it went, its figures beside the baseline, its charts, what it warns of. */
export function Result({ run, manifest, log, fixes, names, onCell }: ResultProps) {
  const charts = (manifest?.charts ?? []) as Chart[];
  const dropped = ((manifest?.rows as { dropped?: Dropped[] } | undefined)?.dropped ?? []) as Dropped[];
  const tiles = charts.some((chart) => chart.kind === "metrics");
  return (
    <Stack gap="sm">
      <div className="node-line">
        <Status name={run.status} />
        <span>{[run.seconds === null ? "" : formatSeconds(run.seconds), run.cost_usd === null ? "" : formatDollars(run.cost_usd)].filter(Boolean).join(" · ")}</span>
      </div>
      {run.reason && NOT_RUN.has(run.status) && <span>{run.status === "cached" ? `${t.panel.cached}: ${whyWords(run.reason, names)}` : whyWords(run.reason, names)}</span>}
      {run.error && <Failure error={run.error} log={log || run.log_tail || ""} fixes={fixes ?? []} />}
      {run.summary && <strong>{run.summary}</strong>}
      {!tiles && Object.keys(run.metrics).length > 0 && <Metrics metrics={run.metrics} />}
      {charts.length > 0 && (
        <Suspense fallback={<span role="status">{t.common.loading}</span>}>
          <Charts charts={charts} onCell={onCell} />
        </Suspense>
      )}
      {run.warnings.map((warning) => (
        <Alert key={String(warning.message)} color="yellow" variant="light" p="xs">
          {String(warning.message)}
        </Alert>
      ))}
      {dropped.map((one) => (
        <span key={one.reason}>
          {t.panel.dropped}: {formatNumber(one.count)} ({one.reason})
        </span>
      ))}
    </Stack>
  );
}

/** Figures as tiles; the figure of the dummy baseline stands under its own. */
export function Metrics({ metrics }: { metrics: Record<string, unknown> }) {
  const titleOf = useMetricTitle();
  const own = Object.entries(metrics).filter(([name]) => !(name.startsWith("baseline_") && name.slice(9) in metrics));
  return (
    <div className="tiles">
      {own.map(([name, value]) => {
        const baseline = metrics[`baseline_${name}`];
        return (
          <div className="tile" key={name}>
            <b>{typeof value === "number" ? formatNumber(value) : "–"}</b>
            <span>{titleOf(name)}</span>
            {typeof baseline === "number" && <span>{t.plot.overBaseline(formatNumber(baseline))}</span>}
          </div>
        );
      })}
    </div>
  );
}
