import { Badge, Button, Checkbox, Group, Stack, Switch, Text } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Link, useSearch } from "wouter";
import { api, data, type Run } from "../api/client";
import { useCatalog } from "../api/queries";
import { Drawn } from "../charts/Drawn";
import { formOf } from "../charts/forms";
import type { Chart } from "../charts/kinds";
import { compare, type Line } from "../model/compare";
import { byType, type Workflow } from "../model/types";
import { formatDollars, formatInstant, formatNumber, formatSeconds, t } from "../strings";
import { ChartFrame } from "../ui/ChartFrame";
import { Empty, Page, Trouble, Waiting } from "../ui/Page";
import { Status } from "../ui/Status";

const MOST = 8;

/** Any runs beside each other: what differs in settings and figures, their curves over each other, what they cost. */
export default function ComparePage() {
  const ids = (new URLSearchParams(useSearch()).get("runs") ?? "").split(",").filter(Boolean).slice(0, MOST);
  const loaded = useCompared(ids);
  return (
    <Page title={t.run.compareTitle} wide>
      {ids.length < 2 ? (
        <Empty text={t.order.chooseRuns}>
          <Button component={Link} href="/runs">
            {t.nav.runs}
          </Button>
        </Empty>
      ) : loaded.error ? (
        <Trouble error={loaded.error} onRetry={loaded.retry} />
      ) : loaded.runs ? (
        <Compared runs={loaded.runs} />
      ) : (
        <Waiting />
      )}
    </Page>
  );
}

interface Loaded {
  run: Run;
  document: Workflow | null;
  charts: Chart[];
}

/** Runs, the drawings they ran, and the charts of their evaluations. */
function useCompared(ids: readonly string[]): { runs: Loaded[] | null; error: Error | null; retry: () => void } {
  const queries = useQueries({
    queries: ids.map((id) => ({
      queryKey: ["compared", id],
      staleTime: 30_000,
      queryFn: async (): Promise<Loaded> => {
        const run = data(await api.GET("/api/runs/{run}", { params: { path: { run: id } } }));
        const path = { workflow: run.workflow, revision: String(run.revision) };
        const document = await api.GET("/api/workflows/{workflow}/revisions/{revision}", { params: { path } }).then((found) => data(found).document as unknown as Workflow, () => null);
        const scored = run.nodes.filter((node) => Object.keys(node.metrics).length > 0 && ["succeeded", "cached"].includes(node.status)).slice(0, 4);
        const details = await Promise.all(scored.map((node) => api.GET("/api/runs/{run}/nodes/{node}", { params: { path: { run: id, node: node.node } } }).then(data)));
        return { run, document, charts: details.flatMap((detail) => (detail.manifest?.charts ?? []) as Chart[]) };
      },
    })),
  });
  const error = queries.find((one) => one.error)?.error ?? null;
  const all = queries.map((one) => one.data);
  const key = all.map((one) => one?.run.id ?? "").join();
  // The same list while the runs are the same: the charts are drawn once.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const runs = useMemo(() => (all.every((one) => one !== undefined) ? (all as Loaded[]) : null), [key]);
  const retry = () => queries.forEach((one) => void one.refetch());
  return { runs, error, retry };
}

function Compared({ runs }: { runs: Loaded[] }) {
  const catalog = useCatalog();
  const [only, setOnly] = useState(true);
  const [shown, setShown] = useState<ReadonlySet<string>>(() => new Set(runs.map((one) => one.run.id)));
  const lines = useMemo(() => {
    const all = runs.map(({ run, document }) => ({ document, nodes: run.nodes, seconds: run.seconds, cost: run.cost_usd }));
    return compare(all, catalog.data ? byType(catalog.data) : {}, catalog.data?.metrics ?? {});
  }, [runs, catalog.data]);
  const kept = lines.filter((line) => !only || line.differs);
  const labels = runs.map(({ run }, place) => t.order.runLabel(place + 1, formatInstant(run.created_at)));
  const visible = runs.filter((one) => shown.has(one.run.id));
  const toggle = (id: string) => {
    const next = new Set(shown);
    if (!next.delete(id)) next.add(id);
    setShown(next);
  };
  return (
    <Stack gap="lg">
      <div className="cards">
        {runs.map(({ run }, place) => (
          <div key={run.id} className="card calm">
            <Group justify="space-between">
              <Checkbox label={labels[place]} checked={shown.has(run.id)} onChange={() => toggle(run.id)} aria-label={t.order.show(labels[place] ?? "")} />
              <Status name={run.status} />
            </Group>
            <Link href={`/runs/${run.id}`}>{run.workflow_name}</Link>
            <small>
              {[run.scope ?? t.runs.wholeRun, run.seconds === null ? "" : formatSeconds(run.seconds), run.cost_usd === null ? "" : formatDollars(run.cost_usd)].filter(Boolean).join(" · ")}
            </small>
          </div>
        ))}
      </div>
      <Group justify="space-between">
        <Switch label={t.run.onlyDifferences} checked={only} onChange={(event) => setOnly(event.currentTarget.checked)} />
        <Text size="sm" c="dimmed">
          {t.order.versus}
        </Text>
      </Group>
      {kept.length === 0 ? <Empty text={t.run.same} /> : <Table lines={kept} labels={labels} />}
      <Curves runs={visible} names={visible.map((one) => labels[runs.indexOf(one)] ?? "")} />
    </Stack>
  );
}

function Table({ lines, labels }: { lines: Line[]; labels: string[] }) {
  const groups = { params: t.run.params, metrics: t.run.metrics, money: t.order.money };
  const words = (line: Line) => (line.group === "money" ? (line.name === "cost" ? t.run.cost : t.run.took) : [line.node, line.name].filter(Boolean).join(" · "));
  const show = (line: Line, value: unknown): string => {
    if (value === undefined) return t.order.notInRun;
    if (value === null) return t.run.notThere;
    if (line.group === "money" && typeof value === "number") return line.name === "cost" ? formatDollars(value) : formatSeconds(value);
    return typeof value === "number" ? formatNumber(value, 4) : typeof value === "object" ? JSON.stringify(value) : String(value);
  };
  const twin = { columns: [t.run.what, ...labels], rows: lines.map((line) => [words(line), ...line.values.map((value) => (typeof value === "object" && value !== null ? JSON.stringify(value) : value))]) };
  return (
    <ChartFrame name={t.run.compareTitle} twin={twin} picture={false}>
      <div className="scroll" tabIndex={0} role="region" aria-label={t.run.compareTitle}>
        <table className="grid plain-rows compare">
          <thead>
            <tr>
              {[t.run.what, ...labels].map((head) => (
                <th key={head} scope="col">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          {(Object.keys(groups) as Line["group"][]).map((group) => {
            const own = lines.filter((line) => line.group === group);
            return own.length === 0 ? null : (
              <tbody key={group}>
                <tr>
                  <th colSpan={labels.length + 1} scope="rowgroup" className="group-title">
                    {groups[group]}
                  </th>
                </tr>
                {own.map((line, index) => (
                  <tr key={index} className={line.differs ? "differs" : undefined}>
                    <th scope="row">{words(line)}</th>
                    {line.values.map((value, place) => (
                      <td key={place}>
                        {show(line, value)} {place > 0 && <Delta line={line} place={place} />} {line.best === place && <Badge size="xs">{t.run.best}</Badge>}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            );
          })}
        </table>
      </div>
    </ChartFrame>
  );
}

/** Against the first run, with a sign. */
function Delta({ line, place }: { line: Line; place: number }) {
  const [first, value] = [line.values[0], line.values[place]];
  if (line.group !== "metrics" || typeof first !== "number" || typeof value !== "number" || first === value) return null;
  const change = `${value > first ? "▲ +" : "▼ −"}${formatNumber(Math.abs(value - first), 4)}`;
  return <small title={t.order.delta(change)}>{change}</small>;
}

const OVERLAID = ["roc", "pr", "calibration", "lift", "rounds", "importance", "predicted_actual"];

function Curves({ runs, names }: { runs: Loaded[]; names: string[] }) {
  const forms = useMemo(
    () =>
      OVERLAID.flatMap((kind) => {
        const own = runs.flatMap(({ charts }, place) => charts.filter((chart) => chart.kind === kind).slice(0, 1).map((chart) => ({ ...chart, title: null, model: names[place] ?? null })));
        const form = own.length ? formOf(own) : null;
        return form ? [form] : [];
      }),
    [runs, names],
  );
  if (forms.length === 0) return null;
  return (
    <section aria-label={t.order.overlaid}>
      <h2 className="group-title">{t.order.overlaid}</h2>
      <div className="charts-grid">
        {forms.map((form) => (
          <Drawn key={form.name} form={form} />
        ))}
      </div>
    </section>
  );
}
