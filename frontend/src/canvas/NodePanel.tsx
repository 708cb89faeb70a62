import { Button, Code, Group, Stack, Tabs, TextInput } from "@mantine/core";
import { IconPlugConnected, IconSitemap, IconTable } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { Link } from "wouter";
import type { Finding, NodeRun, Schemas } from "../api/client";
import { useNodeDetail } from "../api/queries";
import { SchemaForm } from "../form/SchemaForm";
import { rename, setParam } from "../model/document";
import { insideOf } from "../model/nested";
import { tablesOf } from "../model/ports";
import { paramOf } from "../model/problems";
import { byName } from "../model/record";
import type { Column, DrawnNode, NodeType, NodeTypes } from "../model/types";
import { t } from "../strings";
import { inWords } from "./Changes";
import { NodeResult } from "./NodeResult";
import { ProblemLine } from "./ProblemLine";
import { useCanvas, useDocument } from "./store";
import { type Upstream, useUpstream } from "./useUpstream";
import { show, useView } from "./view";

type Check = Schemas["CheckResult"] | undefined;

interface NodePanelProps {
  types: NodeTypes;
  node: DrawnNode;
  type: NodeType;
  check: Check;
  run: string | null;
  nodeRuns: Record<string, NodeRun>;
}

/** The call for attention that was answered last: coming back to a node later moves no focus. */
let answered: object | null = null;

/** One node: its settings, what it gave, its log, and what it is. */
export default function NodePanel({ types, node, type, check, run, nodeRuns }: NodePanelProps) {
  const nodeRun = nodeRuns[node.id];
  const upstream = useUpstream(node, type, check, run, nodeRuns);
  const hasResult = nodeRun !== undefined && nodeRun.status !== "queued";
  const [tab, setTab] = useState<string | null>(hasResult ? "result" : "params");
  const detail = useNodeDetail(run, nodeRun?.node ?? node.id, nodeRun?.status);
  const attention = useView((state) => (state.attention?.node === node.id ? state.attention : null));
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!attention || attention === answered) return;
    answered = attention;
    if (attention.field) setTab("params");
    // After the tab is drawn.
    setTimeout(() => focusField(panel.current, attention.field), 30);
  }, [attention]);
  const tables = tablesOf(type, detail.data?.manifest ?? null);
  const ready = detail.data?.manifest !== undefined && detail.data.manifest !== null;
  return (
    <div ref={panel}>
      <Label node={node} />
      {ready && tables.length > 0 && (
        <Group gap={6} mt="xs" role="group" aria-label={t.panel.ports}>
          {tables.map((port) => (
            <Button key={port.name} size="compact-xs" variant="default" leftSection={<IconTable size={14} aria-hidden />} onClick={() => show({ port: { node: node.id, port: port.name } })}>
              {t.panel.data}: {port.title}
            </Button>
          ))}
        </Group>
      )}
      <Tabs value={tab} onChange={setTab} mt="xs" keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="params">{t.panel.params}</Tabs.Tab>
          <Tabs.Tab value="result">{t.panel.result}</Tabs.Tab>
          <Tabs.Tab value="log">{t.panel.log}</Tabs.Tab>
          <Tabs.Tab value="about">{t.panel.about}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="params" pt="sm">
          <NodeProblems node={node} types={types} problems={check?.problems ?? []} />
          {type.unknown ? <Unknown node={node} /> : <Form node={node} type={type} check={check} upstream={upstream} focus={attention?.field ?? null} />}
        </Tabs.Panel>
        <Tabs.Panel value="result" pt="sm">
          <NodeResult types={types} node={node} run={run} nodeRun={nodeRun} detail={detail.data} />
        </Tabs.Panel>
        <Tabs.Panel value="log" pt="sm">
          <pre className="log" tabIndex={0} aria-label={t.panel.rawLog}>
            {detail.data?.log || nodeRun?.log_tail || t.panel.noResult}
          </pre>
        </Tabs.Panel>
        <Tabs.Panel value="about" pt="sm">
          <p className="help">{type.unknown ? t.canvas.unknownType(type.type) : type.help}</p>
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}

/** The field of a path, or of the nearest part of the form that holds it. */
function fieldAt(panel: HTMLElement | null, path: string): Element | null {
  const place = panel?.querySelector(`[data-param="${CSS.escape(path)}"]`) ?? null;
  return place || !path.includes(".") ? place : fieldAt(panel, path.slice(0, path.lastIndexOf(".")));
}

function focusField(panel: HTMLElement | null, field: string | null) {
  const place = field ? fieldAt(panel, field) : panel;
  place?.querySelector<HTMLElement>("input:not([type=hidden]), select, textarea, button")?.focus();
}

function Label({ node }: { node: DrawnNode }) {
  const document = useDocument();
  const { edit, seal } = useCanvas.getState();
  return (
    <TextInput
      label={t.panel.label}
      value={node.data.label}
      maxLength={200}
      size="xs"
      onChange={(event) => edit(rename(document, node.id, event.currentTarget.value), `label ${node.id}`)}
      onBlur={seal}
    />
  );
}

/** What is not about one field, and what one click mends. */
function NodeProblems({ node, types, problems }: { node: DrawnNode; types: NodeTypes; problems: readonly Finding[] }) {
  const document = useDocument();
  const mine = problems.filter((one) => one.node === node.id && (one.fix || !paramOf(one.field)));
  if (mine.length === 0) return null;
  return (
    <section aria-label={t.canvas.problems}>
      {mine.map((problem, index) => (
        <ProblemLine key={index} problem={problem} document={document} types={types} />
      ))}
    </section>
  );
}

function Form({ node, type, check, upstream: { columns, why }, focus }: { node: DrawnNode; type: NodeType; check: Check; upstream: Upstream; focus: string | null }) {
  const document = useDocument();
  const { edit, seal } = useCanvas.getState();
  const inside = insideOf(node);
  return (
    <Stack gap="md" onBlur={seal}>
      <SchemaForm
        schema={type.params}
        params={node.data.params}
        columns={columns}
        unknown={why}
        target={check?.target}
        problems={problemsOf(node.id, check?.problems ?? [])}
        focus={focus}
        onChange={(name, value, typing) => edit(setParam(document, node.id, name, value), typing ? `param ${node.id} ${name}` : undefined)}
      />
      <Leftover node={node} type={type} />
      <Arriving columns={columns[""]} />
      <Group>
        <Button variant="default" size="xs" leftSection={<IconPlugConnected size={14} aria-hidden />} onClick={() => show({ finder: { kind: "connect", node: node.id } })}>
          {t.canvas.connectTo}
        </Button>
        {inside && (
          <Button component={Link} href={inside} variant="default" size="xs" leftSection={<IconSitemap size={14} aria-hidden />}>
            {t.canvas.openInside}
          </Button>
        )}
      </Group>
    </Stack>
  );
}

/** Settings of an older version of the type: kept until somebody removes them, because the workflow cannot run with them. */
function Leftover({ node, type }: { node: DrawnNode; type: NodeType }) {
  const document = useDocument();
  const { edit } = useCanvas.getState();
  const known = type.params.properties ?? {};
  const left = Object.entries(node.data.params).filter(([name]) => !Object.hasOwn(known, name));
  if (left.length === 0) return null;
  return (
    <section aria-label={t.panel.leftover} className="leftover">
      <b>{t.panel.leftover}</b>
      <p>{t.panel.leftoverHint}</p>
      {left.map(([name, value]) => (
        <div key={name} className="leftover-line" data-param={name}>
          <Code>
            {name}: {inWords(value)}
          </Code>
          <Button size="compact-xs" variant="default" aria-label={t.form.remove(name)} onClick={() => edit(setParam(document, node.id, name, undefined))}>
            {t.canvas.delete}
          </Button>
        </div>
      ))}
    </section>
  );
}

/** What arrives at the first table input, for whoever wants to look before choosing. */
function Arriving({ columns }: { columns: Column[] | undefined }) {
  if (!columns?.length) return null;
  return (
    <details className="arriving">
      <summary>{t.panel.arriving(t.table.columns(columns.length))}</summary>
      <ul>
        {columns.slice(0, 200).map((column) => (
          <li key={column.name} className="column-option">
            <span>{column.name}</span>
            <small>{t.table.types[column.type] ?? column.type}</small>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** A type this version does not know: everything is kept, and shown as it is. */
function Unknown({ node }: { node: DrawnNode }) {
  return (
    <Stack gap="sm">
      <span>{t.canvas.unknownType(node.type)}</span>
      <div>
        <div className="group-title">{t.canvas.unknownParams}</div>
        <Code block tabIndex={0}>
          {JSON.stringify(node.data.params, null, 1).slice(0, 5_000)}
        </Code>
      </div>
    </Stack>
  );
}

const problemsOf = (node: string, problems: readonly Finding[]): Record<string, string> =>
  byName(
    problems.flatMap((one): [string, string][] => {
      const path = one.node === node ? paramOf(one.field) : null;
      return path ? [[path, `${one.message} ${one.hint ?? ""}`]] : [];
    }),
  );
