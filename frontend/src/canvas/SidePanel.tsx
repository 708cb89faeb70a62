import { Anchor, Button, Menu, Stack, Tabs, TextInput } from "@mantine/core";
import { IconPlugConnected } from "@tabler/icons-react";
import type { Finding, NodeRun, Schemas } from "../api/client";
import { useNodeDetail } from "../api/queries";
import { SchemaForm } from "../form/SchemaForm";
import { options } from "../model/connect";
import { connect, setParam, updateNode } from "../model/document";
import type { Column, DrawnNode, NodeType, NodeTypes } from "../model/types";
import { Result } from "../run/Result";
import { type Preview, TablePreview } from "../run/TablePreview";
import { t } from "../strings";
import { Status } from "../ui/Status";
import { useCanvas, useDocument } from "./store";

interface PanelProps {
  types: NodeTypes;
  check: Schemas["CheckResult"] | undefined;
  run: string | null;
  nodeRuns: Record<string, NodeRun>;
}

/** The right side: the chosen node, or what is to be fixed and the list of all nodes. */
export function SidePanel({ types, check, run, nodeRuns }: PanelProps) {
  const document = useDocument();
  const selection = useCanvas((state) => state.selection);
  const chosen = selection.size === 1 ? document.nodes.find((node) => selection.has(node.id)) : undefined;
  const type = chosen && types[chosen.type];
  return (
    <aside className="side right" aria-label="Details">
      {chosen && type ? (
        <NodePanel key={chosen.id} node={chosen} type={type} types={types} check={check} run={run} nodeRun={nodeRuns[chosen.id]} />
      ) : (
        <Overview types={types} problems={check?.problems ?? []} nodeRuns={nodeRuns} />
      )}
    </aside>
  );
}

function Overview({ types, problems, nodeRuns }: { types: NodeTypes; problems: readonly Finding[]; nodeRuns: Record<string, NodeRun> }) {
  const document = useDocument();
  const { select } = useCanvas.getState();
  return (
    <>
      <h2 className="group-title">{t.canvas.problems}</h2>
      {problems.length === 0 && document.nodes.length > 0 && <p>{t.canvas.noProblems}</p>}
      {problems.map((problem, index) => (
        <button key={index} type="button" className="problem-item" onClick={() => problem.node && select(new Set([problem.node]))}>
          <b>{problem.severity === "error" ? "✗" : "!"}</b> {problem.message}
          {problem.hint && <div className="node-words">{problem.hint}</div>}
        </button>
      ))}
      <h2 className="group-title">{t.canvas.outline}</h2>
      <ul aria-label={t.canvas.outline} style={{ listStyle: "none", padding: 0, margin: 0 }}>
        {document.nodes.map((node) => (
          <li key={node.id}>
            <button type="button" className="problem-item" onClick={() => select(new Set([node.id]))}>
              <span className="node-line">
                <span>{node.data.label || types[node.type]?.title || node.type}</span>
                {nodeRuns[node.id] && <Status name={nodeRuns[node.id]?.status ?? ""} />}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

interface NodePanelProps extends Omit<PanelProps, "nodeRuns"> {
  node: DrawnNode;
  type: NodeType;
  nodeRun: NodeRun | undefined;
}

function NodePanel({ node, type, types, check, run, nodeRun }: NodePanelProps) {
  const detail = useNodeDetail(run, node.id, nodeRun?.status);
  const previews = Object.entries((detail.data?.previews ?? {}) as Record<string, Preview>);
  const hasResult = nodeRun !== undefined && nodeRun.status !== "queued";
  return (
    <>
      <Label node={node} />
      <Tabs defaultValue={hasResult ? "result" : "params"} mt="xs" keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="params">{t.panel.params}</Tabs.Tab>
          <Tabs.Tab value="result">{t.panel.result}</Tabs.Tab>
          {previews.length > 0 && <Tabs.Tab value="data">{t.panel.data}</Tabs.Tab>}
          <Tabs.Tab value="log">{t.panel.log}</Tabs.Tab>
          <Tabs.Tab value="about">{t.panel.about}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="params" pt="sm">
          <Form node={node} type={type} types={types} check={check} />
        </Tabs.Panel>
        <Tabs.Panel value="result" pt="sm">
          {hasResult ? <Result run={detail.data?.node_run ?? nodeRun} manifest={detail.data?.manifest ?? null} /> : t.panel.noResult}
          <Downloads urls={detail.data?.downloads ?? {}} />
        </Tabs.Panel>
        <Tabs.Panel value="data" pt="sm">
          {previews.map(([port, preview]) => (
            <section key={port}>
              {previews.length > 1 && <h3 className="group-title">{port}</h3>}
              <TablePreview preview={preview} />
            </section>
          ))}
        </Tabs.Panel>
        <Tabs.Panel value="log" pt="sm">
          <pre className="log" tabIndex={0} aria-label={t.panel.rawLog}>
            {detail.data?.log || nodeRun?.log_tail || t.panel.noResult}
          </pre>
        </Tabs.Panel>
        <Tabs.Panel value="about" pt="sm">
          <p style={{ whiteSpace: "pre-line", fontSize: 13 }}>{type.help}</p>
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

function Label({ node }: { node: DrawnNode }) {
  const document = useDocument();
  const { edit } = useCanvas.getState();
  return (
    <TextInput
      label={t.panel.label}
      value={node.data.label}
      maxLength={200}
      size="xs"
      onChange={(event) => {
        const label = event.currentTarget.value;
        edit(updateNode(document, node.id, (one) => ({ ...one, data: { ...one.data, label } })));
      }}
    />
  );
}

function Form({ node, type, types, check }: { node: DrawnNode; type: NodeType; types: NodeTypes; check: Schemas["CheckResult"] | undefined }) {
  const document = useDocument();
  const { edit } = useCanvas.getState();
  return (
    <Stack gap="md">
      <SchemaForm
        schema={type.params}
        params={node.data.params}
        columns={upstreamColumns(node, type, check)}
        target={check?.target}
        problems={problemsOf(node.id, check?.problems ?? [])}
        onChange={(name, value) => edit(setParam(document, node.id, name, value))}
      />
      <ConnectMenu node={node} types={types} />
    </Stack>
  );
}

/** Columns at the node's first table input, from the resolved connections of the check. */
function upstreamColumns(node: DrawnNode, type: NodeType, check: Schemas["CheckResult"] | undefined): Column[] | undefined {
  const first = type.inputs.find((port) => port.kind === "table");
  const wire = check?.connections.find((one) => one.target === node.id && one.targetHandle === first?.name);
  return wire ? check?.columns[wire.source]?.[wire.sourceHandle ?? ""] : undefined;
}

const problemsOf = (node: string, problems: readonly Finding[]): Record<string, string> =>
  Object.fromEntries(problems.filter((one) => one.node === node && one.field?.startsWith("params.")).map((one) => [one.field?.slice(7).split(".")[0] ?? "", `${one.message} ${one.hint ?? ""}`]));

/** The keyboard's way to draw a connection. */
function ConnectMenu({ node, types }: { node: DrawnNode; types: NodeTypes }) {
  const document = useDocument();
  const { edit } = useCanvas.getState();
  const found = options(document, types, node.id);
  const name = (id: string) => document.nodes.find((one) => one.id === id)?.data.label || id;
  return (
    <Menu position="bottom-start" withinPortal>
      <Menu.Target>
        <Button variant="default" size="xs" leftSection={<IconPlugConnected size={14} aria-hidden />}>
          {t.canvas.connectTo}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {found.length === 0 && <Menu.Item disabled>{t.canvas.noTarget}</Menu.Item>}
        {found.map((wire) => (
          <Menu.Item key={`${wire.sourceHandle}>${wire.target}.${wire.targetHandle}`} onClick={() => edit(connect(document, wire))}>
            {wire.sourceHandle} → {name(wire.target)} ({wire.targetHandle})
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function Downloads({ urls }: { urls: Record<string, string> }) {
  return (
    <Stack gap={2} mt="sm">
      {Object.entries(urls).map(([port, url]) => (
        <Anchor key={port} href={url} size="sm" download>
          {t.panel.download}: {port}
        </Anchor>
      ))}
    </Stack>
  );
}
