import { Alert, Anchor, Button, Code, Group, Select, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Link } from "wouter";
import { api, data } from "../api/client";
import { useNodeDetail } from "../api/queries";
import type { Preview } from "../data/ColumnHead";
import { PortTable } from "../data/PortTable";
import { journal } from "../model/journal";
import { cellRows, tablesOf } from "../model/ports";
import { APPROVAL } from "../model/waiting";
import { formatDollars, formatInstant, formatNumber, formatSeconds, formatTime, t } from "../strings";
import { download } from "../ui/download";
import { Empty, Loaded, Waiting } from "../ui/Page";
import { PlainTable } from "../ui/PlainTable";
import { whyWords } from "../model/reasons";
import { Status } from "../ui/Status";
import { Approval } from "./Approval";
import { Failure } from "./Failure";
import { Metrics, Result } from "./Result";
import type { RunView } from "./RunView";
import { Ledger } from "./Timeline";
import { useWaysOut } from "./useWaysOut";

const SHOWN = ["succeeded", "cached", "failed"];

/** How it went, in one look: words, figures, what failed and what now, each node, and what it cost. */
export function Summary({ view, onNode }: { view: RunView; onNode: (tab: string, node: string) => void }) {
  const { run, names } = view;
  const ways = useWaysOut(run);
  const failed = run.nodes.filter((node) => node.error);
  const scored = view.nodes.filter((node) => Object.keys(node.metrics).length > 0);
  return (
    <Stack gap="lg">
      {run.nodes.filter((node) => node.progress === APPROVAL).map((node) => (
        <Approval key={node.node} run={run.id} node={node.node} approvers={node.approvers} question={node.question} />
      ))}
      {failed.map((node) => (
        <Failure key={node.node} error={{ ...node.error, message: `${names(node.node)}: ${String(node.error?.message)}` }} log={node.log_tail ?? ""} fixes={ways(node)} />
      ))}
      {failed.length === 0 && run.error && <Failure error={run.error} log="" />}
      {scored.slice(0, 4).map((node) => (
        <section key={node.node} aria-label={names(node.node)}>
          <h2 className="group-title">{names(node.node)}</h2>
          {node.summary && (
            <Text fw={600} mb={6}>
              {node.summary}
            </Text>
          )}
          <Metrics metrics={node.metrics} />
        </section>
      ))}
      <PlainTable
        name={t.run.nodes}
        head={[t.run.node, t.runs.status, t.run.rows, t.run.took, t.run.cost, t.run.why]}
        numbers={[2, 3, 4]}
        rows={view.nodes.map((node) => ({
          key: node.node,
          cells: [
            <button key="name" type="button" className="link-button" onClick={() => onNode("results", node.node)}>
              {names(node.node)}
            </button>,
            <Status key="status" name={node.status} />,
            node.rows_out === null ? "" : formatNumber(node.rows_out),
            node.seconds === null ? "" : formatSeconds(node.seconds),
            node.cost_usd === null ? "" : formatDollars(node.cost_usd),
            node.progress ?? (node.error ? String(node.error.message) : (node.summary ?? whyWords(node.reason, names))),
          ],
        }))}
      />
      <Ledger run={run} />
    </Stack>
  );
}

interface NodeTabProps {
  view: RunView;
  node: string | null;
  onNode: (node: string) => void;
}

interface ChoiceProps extends NodeTabProps {
  fits: readonly string[];
  /** Words for no node in particular, where that can be chosen. */
  all?: string;
}

/** Which node is looked at; by itself the last one that has something to show. */
function NodeChoice({ view, node, onNode, fits, all }: ChoiceProps) {
  if (fits.length === 0) return null;
  const choices = fits.map((id) => ({ value: id, label: view.names(id) }));
  return <Select label={t.order.chooseNode} w={320} value={node ?? ""} data={all ? [{ value: "", label: all }, ...choices] : choices} onChange={(next) => next !== null && onNode(next)} searchable allowDeselect={false} />;
}

const pick = (node: string | null, fits: readonly string[]): string | null => (node && fits.includes(node) ? node : (fits.at(-1) ?? null));

export function Results({ view, node, onNode }: NodeTabProps) {
  const fits = view.nodes.filter((one) => Object.keys(one.metrics).length > 0 || one.status === "failed" || SHOWN.includes(one.status)).map((one) => one.node);
  const scored = view.nodes.filter((one) => Object.keys(one.metrics).length > 0).map((one) => one.node);
  const chosen = node && fits.includes(node) ? node : (scored.at(-1) ?? fits.at(-1) ?? null);
  const found = view.run.nodes.find((one) => one.node === chosen);
  const detail = useNodeDetail(view.run.id, chosen, found?.status);
  const ways = useWaysOut(view.run);
  const [cell, setCell] = useState<{ truth: string; predicted: string } | null>(null);
  if (!found || !chosen) return <Empty text={t.run.noResults} />;
  const manifest = detail.data?.manifest ?? null;
  const attached = tablesOf(undefined, manifest).find((one) => one.name === "predictions");
  const preview = ((detail.data?.previews ?? {}) as Record<string, Preview>).predictions;
  return (
    <Stack>
      <NodeChoice view={view} node={chosen} onNode={onNode} fits={fits} />
      <div className="results-grid">
        <Result run={detail.data?.node_run ?? found} manifest={manifest} log={detail.data?.log ?? ""} fixes={ways(found)} names={view.names} onCell={attached ? (truth, predicted) => setCell({ truth, predicted }) : undefined} />
      </div>
      {cell && attached?.about && preview && (
        <section aria-label={t.plot.cellRows(cell.truth, cell.predicted)}>
          <h2 className="group-title">{t.plot.cellRows(cell.truth, cell.predicted)}</h2>
          <PortTable key={`${cell.truth} ${cell.predicted}`} name={`${chosen}-rows`} id={`${attached.sha256}`} preview={preview} address={detail.data?.downloads.predictions ?? null} bytes={attached.bytes} height={420} only={cellRows(attached.about, cell)} />
        </section>
      )}
    </Stack>
  );
}

export function Data({ view, node, port, onNode, onPort }: NodeTabProps & { port: string | null; onPort: (port: string) => void }) {
  const fits = view.nodes.filter((one) => ["succeeded", "cached"].includes(one.status) && hasTables(view, one.node)).map((one) => one.node);
  const chosen = pick(node, fits);
  const detail = useNodeDetail(view.run.id, chosen, view.run.nodes.find((one) => one.node === chosen)?.status);
  const type = view.types[view.document?.nodes.find((one) => one.id === chosen)?.type ?? ""];
  const tables = useMemo(() => tablesOf(type, detail.data?.manifest ?? null), [type, detail.data]);
  const table = tables.find((one) => one.name === port) ?? tables[0];
  const preview = table && ((detail.data?.previews ?? {}) as Record<string, Preview>)[table.name];
  if (!chosen) return <Empty text={t.order.noPreview} />;
  return (
    <Stack>
      <Group align="flex-end">
        <NodeChoice view={view} node={chosen} onNode={onNode} fits={fits} />
        {tables.length > 1 && <SegmentedControl aria-label={t.run.port} value={table?.name ?? ""} onChange={onPort} data={tables.map((one) => ({ value: one.name, label: one.title }))} />}
      </Group>
      {table && preview ? (
        <PortTable key={`${chosen} ${table.name}`} name={`${chosen}-${table.name}`} id={`${table.sha256}`} preview={preview} address={detail.data?.downloads[table.name] ?? null} bytes={table.bytes} height="62vh" />
      ) : (
        <Waiting />
      )}
    </Stack>
  );
}

const hasTables = (view: RunView, id: string): boolean => {
  const type = view.types[view.document?.nodes.find((one) => one.id === id)?.type ?? ""];
  return !type || type.outputs.some((port) => port.kind === "table");
};

/** What the run did, line by line: of all nodes in the order of time, or the whole log of one. */
export function Logs({ view, node, onNode }: NodeTabProps) {
  const fits = view.nodes.filter((one) => one.started_at !== null || SHOWN.includes(one.status)).map((one) => one.node);
  const chosen = node && fits.includes(node) ? node : null;
  const found = view.run.nodes.find((one) => one.node === chosen);
  const detail = useNodeDetail(view.run.id, chosen, found?.status);
  const [words, setWords] = useState("");
  const all = useMemo(() => journal(view.nodes, view.names).map((one) => `${one.at ? formatTime(one.at) : "–"}  ${one.node}: ${one.words}`), [view]);
  const lines = chosen ? (detail.data?.log || found?.log_tail || "").split("\n") : all;
  const kept = lines.filter((line) => line.toLowerCase().includes(words.toLowerCase())).join("\n");
  if (fits.length === 0) return <Empty text={t.run.noLogs} />;
  return (
    <Stack>
      <Group align="flex-end">
        <NodeChoice view={view} node={chosen} onNode={onNode} fits={fits} all={t.order.allNodes} />
        <TextInput label={t.run.filterLog} value={words} onChange={(event) => setWords(event.currentTarget.value)} />
        <Button variant="default" disabled={!kept.trim()} onClick={() => download(`${chosen ?? view.run.id}.log.txt`, new Blob([kept], { type: "text/plain" }))}>
          {t.panel.download}
        </Button>
      </Group>
      <pre className="log long" tabIndex={0} aria-label={t.panel.rawLog}>
        {kept.trim() || t.run.noLogs}
      </pre>
    </Stack>
  );
}

const LANGUAGES = ["workflow", "asl", "python"] as const;

export function CodeTab({ view }: { view: RunView }) {
  const [language, setLanguage] = useState<string>("workflow");
  const code = useQuery({ queryKey: ["code", view.run.id], staleTime: Infinity, queryFn: async () => data(await api.GET("/api/runs/{run}/code", { params: { path: { run: view.run.id } } })) });
  const words: Record<string, string> = { workflow: t.run.workflowJson, asl: t.order.asl, python: t.order.python };
  const name = view.run.workflow_name.replaceAll(/[^\p{L}\p{N}]+/gu, "-").slice(0, 60) || "workflow";
  return (
    <Stack>
      <SegmentedControl aria-label={t.run.code} value={language} onChange={setLanguage} data={LANGUAGES.map((value) => ({ value, label: words[value] ?? value }))} style={{ alignSelf: "flex-start" }} />
      {language === "workflow" ? (
        view.document ? (
          <Listing name={`${name}.workflow.json`} text={JSON.stringify(view.document, null, 1)} />
        ) : (
          <Alert>{t.run.revisionGone}</Alert>
        )
      ) : (
        <Loaded query={code}>
          {(found) =>
            language === "asl" ? (
              found.definition ? (
                <Listing name={`${name}.asl.json`} text={JSON.stringify(found.definition, null, 1)} />
              ) : (
                <Alert>{t.plan.nothing}</Alert>
              )
            ) : (
              <>
                <Group justify="space-between">
                  <Text size="sm">{t.order.pythonHint}</Text>
                  <Button size="xs" variant="default" onClick={() => download(`${name}.ipynb`, new Blob([JSON.stringify(found.notebook, null, 1)], { type: "application/x-ipynb+json" }))}>
                    {t.order.notebook}
                  </Button>
                </Group>
                <Listing name={`${name}.py`} text={found.python} />
              </>
            )
          }
        </Loaded>
      )}
    </Stack>
  );
}

/** Text to read, copy and take away. */
function Listing({ name, text }: { name: string; text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = () => void navigator.clipboard.writeText(text).then(() => setCopied(true));
  return (
    <div>
      <Group gap="xs" mb={4}>
        <Button size="compact-xs" variant="default" onClick={copy}>
          {copied ? t.common.copied : t.common.copy}
        </Button>
        <Button size="compact-xs" variant="default" onClick={() => download(name, new Blob([text], { type: "text/plain" }))}>
          {t.panel.download}: {name}
        </Button>
      </Group>
      <Code block tabIndex={0} className="listing" aria-label={name} role="region">
        {text}
      </Code>
    </div>
  );
}

/** Where the run belongs: workflow, revision, part, and the run it goes on from. */
export function RunWords({ view }: { view: RunView }) {
  const { run } = view;
  return (
    <Text size="sm" c="dimmed">
      {formatInstant(run.created_at)} · {run.scope ? t.run.scopeOf(run.scope) : t.runs.wholeRun}
      {run.seconds !== null && ` · ${formatSeconds(run.seconds)}`}
      {run.cost_usd !== null && ` · ${formatDollars(run.cost_usd)}`}
      {run.resumed_from && (
        <>
          {" · "}
          {t.order.resumedFrom}{" "}
          <Anchor component={Link} href={`/runs/${run.resumed_from}`} size="sm" underline="always">
            {run.resumed_from}
          </Anchor>
        </>
      )}
    </Text>
  );
}
