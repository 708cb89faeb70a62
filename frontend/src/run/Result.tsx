import { Alert, Stack } from "@mantine/core";
import { lazy, Suspense } from "react";
import type { NodeRun } from "../api/client";
import { formatDollars, formatNumber, formatSeconds, t } from "../strings";
import { Status } from "../ui/Status";
import type { Chart } from "./Charts";

const Charts = lazy(() => import("./Charts"));

interface Dropped {
  reason: string;
  count: number;
}

/** What one node gave: how it went, its figures beside the baseline, its charts, what it warns of. */
export function Result({ run, manifest }: { run: NodeRun; manifest: Record<string, unknown> | null }) {
  const charts = (manifest?.charts ?? []) as Chart[];
  const dropped = ((manifest?.rows as { dropped?: Dropped[] } | undefined)?.dropped ?? []) as Dropped[];
  return (
    <Stack gap="sm">
      <div className="node-line">
        <Status name={run.status} />
        <span>{[run.seconds === null ? "" : formatSeconds(run.seconds), run.cost_usd === null ? "" : formatDollars(run.cost_usd)].filter(Boolean).join(" · ")}</span>
      </div>
      {run.reason && <span>{run.status === "cached" ? `${t.panel.cached}: ${run.reason}` : run.reason}</span>}
      {run.error && <Failure error={run.error} />}
      {run.summary && <strong>{run.summary}</strong>}
      {Object.keys(run.metrics).length > 0 && <Metrics metrics={run.metrics} />}
      {charts.length > 0 && (
        <Suspense fallback={<span role="status">{t.common.loading}</span>}>
          <Charts charts={charts} />
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

function Failure({ error }: { error: Record<string, unknown> }) {
  return (
    <Alert color="red" variant="light" title={String(error.message)} role="alert">
      {error.field ? <div>{String(error.field)}</div> : null}
      {error.hint ? (
        <div>
          <b>{t.panel.whatNow}:</b> {String(error.hint)}
        </div>
      ) : null}
    </Alert>
  );
}

function Metrics({ metrics }: { metrics: Record<string, unknown> }) {
  return (
    <div className="tiles">
      {Object.entries(metrics).map(([name, value]) => (
        <div className="tile" key={name}>
          <b>{typeof value === "number" ? formatNumber(value) : "–"}</b>
          <span>{name.replaceAll("_", " ")}</span>
        </div>
      ))}
    </div>
  );
}
