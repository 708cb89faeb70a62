import { Badge, Button, Group, Kbd, Menu, Modal, Select, Stack, Table, Text, TextInput, useComputedColorScheme } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconArrowBackUp, IconArrowForwardUp, IconDots, IconPlayerPlay, IconPlayerStop } from "@tabler/icons-react";
import { ReactFlowProvider } from "@xyflow/react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useLocation, useSearch } from "wouter";
import { api, ApiProblem, data, type Finding, type Run } from "../api/client";
import { isFinal, useCancelRun, useCatalog, useCheck, useRun, useRuns, useStartRun } from "../api/queries";
import { Canvas } from "../canvas/Canvas";
import { Palette } from "../canvas/Palette";
import { SidePanel } from "../canvas/SidePanel";
import { useCanvas, useDocument } from "../canvas/store";
import { useAutosave, type SaveState } from "../canvas/useAutosave";
import { useShortcuts } from "../canvas/useShortcuts";
import { commands } from "../commands";
import { addNode } from "../model/document";
import { byType, type NodeType, type Workflow } from "../model/types";
import { formatDollars, formatInstant, formatSeconds, t } from "../strings";
import { Loaded } from "../ui/Page";
import { Status } from "../ui/Status";

/** Load the workflow of the address into the store, once for each address. */
export function EditorPage({ workflow }: { workflow: string }) {
  const loaded = useCanvas((state) => state.id);
  const [error, setError] = useState<Error | null>(null);
  const load = useCallback(async () => {
    setError(null);
    try {
      const record = data(await api.GET("/api/workflows/{workflow}", { params: { path: { workflow } } }));
      useCanvas.getState().load(record.id, record.revision, record.document as unknown as Workflow);
    } catch (problem) {
      setError(problem as Error);
    }
  }, [workflow]);
  useEffect(() => {
    if (loaded !== workflow) void load();
  }, [loaded, workflow, load]);
  return (
    <Loaded query={{ data: loaded === workflow ? true : undefined, error, refetch: load }}>
      {() => (
        <ReactFlowProvider>
          <Editor id={workflow} />
        </ReactFlowProvider>
      )}
    </Loaded>
  );
}

function Editor({ id }: { id: string }) {
  const catalog = useCatalog();
  const types = useMemo(() => (catalog.data ? byType(catalog.data) : {}), [catalog.data]);
  const document = useDocument();
  const target = useCanvas((state) => state.target);
  const check = useCheck(document, { target });
  const save = useAutosave();
  const [shown, show] = useShownRun(id);
  const run = useRun(shown);
  const nodeRuns = useMemo(() => Object.fromEntries((run.data?.nodes ?? []).map((node) => [node.node, node])), [run.data]);
  const search = useRef<HTMLInputElement>(null);
  const [help, setHelp] = useState(false);
  const runner = useRunner(id, save.flush, show, check.data?.problems ?? []);
  useShortcuts({ search, onRun: runner.start, onHelp: () => setHelp(true) });
  const colorMode = useComputedColorScheme("light");

  const add = (type: NodeType) => {
    const rightmost = Math.max(-260, ...document.nodes.map((node) => node.position.x));
    const beside = document.nodes.find((node) => node.position.x === rightmost);
    const added = addNode(document, type, { x: rightmost + 280, y: beside?.position.y ?? 0 });
    useCanvas.getState().edit(added.workflow);
    useCanvas.getState().select(new Set([added.id]));
  };

  return (
    <main className="editor" id="main">
      <Bar id={id} save={save.state} run={run.data} problems={check.data?.problems ?? []} runner={runner} onShow={show} onHelp={() => setHelp(true)} />
      <div className="side left">
        <Palette types={catalog.data?.nodes ?? []} onAdd={add} search={search} />
      </div>
      <Canvas types={types} runs={nodeRuns} problems={check.data?.problems ?? []} resolved={check.data?.connections ?? []} colorMode={colorMode} />
      <SidePanel types={types} check={check.data} run={shown} nodeRuns={nodeRuns} />
      <div className="visually-hidden" role="status">
        {run.data ? `Run ${run.data.status}` : ""}
      </div>
      <TargetQuestion runner={runner} problems={check.data?.problems ?? []} />
      <Conflict conflict={save.conflict} flush={save.flush} />
      <Help opened={help} onClose={() => setHelp(false)} />
    </main>
  );
}

/** The run in the address, or the newest one of the workflow: a reload shows what was shown. */
function useShownRun(workflow: string): [string | null, (run: string) => void] {
  const search = useSearch();
  const [, navigate] = useLocation();
  const inAddress = new URLSearchParams(search).get("run");
  const newest = useRuns(workflow).data?.[0]?.id ?? null;
  return [inAddress ?? newest, (run) => navigate(`/workflows/${workflow}?run=${run}`, { replace: true })];
}

interface Runner {
  start: () => void;
  answer: (target: string) => void;
  asking: boolean;
  stopAsking: () => void;
  pending: boolean;
}

/** Save, then run. When the target cannot be known, ask once and remember the answer. */
function useRunner(id: string, flush: () => Promise<boolean>, show: (run: string) => void, problems: readonly Finding[]): Runner {
  const mutation = useStartRun();
  const [asking, setAsking] = useState(false);
  const launch = async () => {
    if (!(await flush())) return;
    try {
      const run = await mutation.mutateAsync({ workflow: id, target: useCanvas.getState().target });
      show(run.id);
    } catch (error) {
      if (error instanceof ApiProblem && error.problem.errors?.some((one) => one.code === "target-missing")) setAsking(true);
      else notifications.show({ color: "red", message: error instanceof Error ? error.message : String(error), autoClose: 8_000 });
    }
  };
  const start = useCallback(() => {
    const errors = problems.filter((one) => one.severity === "error");
    if (errors.length > 0 && errors.every((one) => one.code === "target-missing")) setAsking(true);
    else void launch();
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [problems, id]);
  const answer = (target: string) => {
    useCanvas.getState().answer(target);
    setAsking(false);
    void launch();
  };
  return { start, answer, asking, stopAsking: () => setAsking(false), pending: mutation.isPending };
}

interface BarProps {
  id: string;
  save: SaveState;
  run: Run | undefined;
  problems: readonly Finding[];
  runner: Runner;
  onShow: (run: string) => void;
  onHelp: () => void;
}

function Bar({ id, save, run, problems, runner, onShow, onHelp }: BarProps) {
  const document = useDocument();
  const { edit, undo, redo } = useCanvas.getState();
  const history = useCanvas((state) => state.history);
  const errors = problems.filter((one) => one.severity === "error" && one.code !== "target-missing").length;
  const live = run !== undefined && !isFinal(run);
  const cancel = useCancelRun();
  const words = { saved: t.canvas.saved, saving: t.canvas.saving, unsaved: t.canvas.unsaved, offline: t.canvas.saveFailed }[save];
  return (
    <div className="bar">
      <TextInput
        aria-label="Workflow name"
        size="xs"
        w={220}
        value={document.name}
        maxLength={200}
        onChange={(event) => edit({ ...document, name: event.currentTarget.value || " " })}
      />
      <Text size="xs" c="dimmed" role="status">
        {words}
      </Text>
      <Button variant="subtle" size="compact-sm" onClick={undo} disabled={history.past.length === 0} aria-label={t.canvas.undo}>
        <IconArrowBackUp size={16} aria-hidden />
      </Button>
      <Button variant="subtle" size="compact-sm" onClick={redo} disabled={history.future.length === 0} aria-label={t.canvas.redo}>
        <IconArrowForwardUp size={16} aria-hidden />
      </Button>
      <EditMenu onHelp={onHelp} />
      <span className="grow" />
      {run && <RunLine run={run} />}
      <HistoryMenu workflow={id} onShow={onShow} />
      {live && (
        <Button size="xs" variant="default" leftSection={<IconPlayerStop size={14} aria-hidden />} loading={cancel.isPending} onClick={() => cancel.mutate(run.id)}>
          {t.canvas.cancel}
        </Button>
      )}
      <Button size="xs" leftSection={<IconPlayerPlay size={14} aria-hidden />} loading={runner.pending || live} disabled={errors > 0 || document.nodes.length === 0} onClick={runner.start}>
        {errors > 0 ? t.canvas.toFix(errors) : live ? t.canvas.running : t.canvas.run}
      </Button>
    </div>
  );
}

function RunLine({ run }: { run: Run }) {
  const done = run.nodes.filter((node) => node.status === "succeeded" || node.status === "cached").length;
  const figures = [run.seconds === null ? `${done}/${run.nodes.length}` : formatSeconds(run.seconds), run.cost_usd === null ? "" : formatDollars(run.cost_usd)];
  return (
    <Group gap={8} data-testid="run-line">
      <Status name={run.status} />
      <Text size="xs" c="dimmed">
        {figures.filter(Boolean).join(" · ")}
      </Text>
    </Group>
  );
}

function EditMenu({ onHelp }: { onHelp: () => void }) {
  const document = useDocument();
  const selection = useCanvas((state) => state.selection);
  const wires = useCanvas((state) => state.wires);
  const { edit, select } = useCanvas.getState();
  const situation = { document, selection, wires };
  return (
    <Menu>
      <Menu.Target>
        <Button variant="subtle" size="compact-sm" aria-label="More">
          <IconDots size={16} aria-hidden />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {commands.map((command) => (
          <Menu.Item
            key={command.id}
            disabled={!command.enabled(situation)}
            rightSection={<Kbd size="xs">{command.keys[0]?.replace("Mod", "Ctrl")}</Kbd>}
            onClick={() => {
              const result = command.run(situation);
              edit(result.document);
              if (result.selection) select(result.selection);
            }}
          >
            {command.title}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={() => exportDocument(document)}>{t.canvas.export}</Menu.Item>
        <Menu.Item onClick={onHelp} rightSection={<Kbd size="xs">?</Kbd>}>
          {t.canvas.shortcuts}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function exportDocument(workflow: Workflow) {
  const link = window.document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(workflow, null, 1)], { type: "application/json" }));
  link.download = `${workflow.name.replaceAll(/[^\w-]+/g, "-").toLowerCase() || "workflow"}.workflow.json`;
  link.click();
  URL.revokeObjectURL(link.href);
}

function HistoryMenu({ workflow, onShow }: { workflow: string; onShow: (run: string) => void }) {
  const runs = useRuns(workflow);
  return (
    <Menu position="bottom-end" onOpen={() => void runs.refetch()}>
      <Menu.Target>
        <Button size="xs" variant="default">
          {t.canvas.history}
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={420} style={{ overflow: "auto" }}>
        {(runs.data ?? []).length === 0 && <Menu.Item disabled>{t.runs.none}</Menu.Item>}
        {(runs.data ?? []).map((run) => (
          <Menu.Item key={run.id} onClick={() => onShow(run.id)} rightSection={run.seconds === null ? null : <Badge variant="light">{formatSeconds(run.seconds)}</Badge>}>
            <Status name={run.status} /> {formatInstant(run.created_at)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function TargetQuestion({ runner, problems }: { runner: Runner; problems: readonly Finding[] }) {
  const [target, setTarget] = useState<string | null>(null);
  const asked = problems.find((one) => one.code === "target-missing");
  const columns = /Its columns: ([^…]*)…?\.$/.exec(asked?.hint ?? "")?.[1]?.split(", ") ?? [];
  return (
    <Modal opened={runner.asking} onClose={runner.stopAsking} title={t.canvas.chooseTarget}>
      <Stack>
        <Text size="sm">{t.canvas.chooseTargetText}</Text>
        <Select label={t.data.target} data={columns} value={target} onChange={setTarget} searchable />
        <Button disabled={!target} onClick={() => target && runner.answer(target)}>
          {t.canvas.run}
        </Button>
      </Stack>
    </Modal>
  );
}

/** Two people, one workflow: both versions are there, and the person decides. */
function Conflict({ conflict, flush }: { conflict: { revision: number; document: Workflow } | null; flush: (force?: number) => Promise<boolean> }) {
  const load = () => {
    const { id, load: replace } = useCanvas.getState();
    if (conflict && id) replace(id, conflict.revision, conflict.document);
    void flush();
  };
  return (
    <Modal opened={conflict !== null} onClose={() => undefined} withCloseButton={false} title={t.canvas.conflictTitle}>
      <Stack>
        <Text size="sm">{t.canvas.conflictText}</Text>
        <Group>
          <Button onClick={() => void flush(conflict?.revision)}>{t.canvas.conflictMine}</Button>
          <Button variant="default" onClick={load}>
            {t.canvas.conflictTheirs}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

const OTHER_KEYS: [string, string][] = [
  [t.canvas.search, "/"],
  [t.canvas.run, "Ctrl+Enter"],
  [t.canvas.undo, "Ctrl+Z"],
  [t.canvas.redo, "Ctrl+Shift+Z"],
  [t.canvas.copy, "Ctrl+C"],
  [t.canvas.paste, "Ctrl+V"],
  ["Move a node", "Arrow keys"],
  [t.canvas.shortcuts, "?"],
];

function Help({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const rows = [...OTHER_KEYS, ...commands.map((command): [string, string] => [command.title, command.keys.join(", ").replaceAll("Mod", "Ctrl")])];
  return (
    <Modal opened={opened} onClose={onClose} title={t.canvas.shortcuts} closeButtonProps={{ "aria-label": t.common.close }}>
      <Table>
        <Table.Tbody>
          {rows.map(([what, keys]) => (
            <Table.Tr key={what}>
              <Table.Td>{what}</Table.Td>
              <Table.Td>
                <Kbd>{keys}</Kbd>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
