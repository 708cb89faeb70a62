import { ActionIcon, Badge, Button, Group, Menu, Text, TextInput } from "@mantine/core";
import { IconArrowBackUp, IconArrowForwardUp, IconChevronDown, IconDots, IconPlayerStop } from "@tabler/icons-react";
import { Link } from "wouter";
import type { Finding, Run } from "../api/client";
import { isFinal, useCancelRun, useRuns } from "../api/queries";
import { formatAgo, formatDollars, formatSeconds, t } from "../strings";
import { type Action, shown } from "../ui/actions";
import { Status } from "../ui/Status";
import { useCanvas, useDocument } from "./store";
import { RunButton } from "./RunButton";
import type { Save } from "./useAutosave";
import type { Runner } from "./useRunner";
import { show } from "./view";

interface BarProps {
  id: string;
  save: Save;
  run: Run | undefined;
  /** The run cannot be asked for just now: what is shown is how it stood last. */
  offline: boolean;
  problems: readonly Finding[];
  runner: Runner;
  actions: Action[];
  onShow: (run: string) => void;
}

/** Above the canvas: name, whether it is saved, undo, everything else, the run that is shown, and Run. */
export function Bar({ id, save, run, offline, problems, runner, actions, onShow }: BarProps) {
  const document = useDocument();
  const { edit, seal, undo, redo } = useCanvas.getState();
  const past = useCanvas((state) => state.history.past.length > 0);
  const future = useCanvas((state) => state.history.future.length > 0);
  const errors = problems.filter((one) => one.severity === "error" && one.code !== "target-missing").length;
  const live = run !== undefined && !isFinal(run);
  const cancel = useCancelRun();
  return (
    <div className="bar">
      <TextInput
        aria-label={t.canvas.name}
        size="xs"
        w={220}
        value={document.name}
        maxLength={200}
        onChange={(event) => edit({ ...document, name: event.currentTarget.value || " " }, "name")}
        onBlur={seal}
      />
      <Text size="xs" c="dimmed" role="status" className="save-words">
        {words(save)}
      </Text>
      <Button variant="subtle" size="compact-sm" onClick={undo} disabled={!past} aria-label={t.canvas.undo}>
        <IconArrowBackUp size={16} aria-hidden />
      </Button>
      <Button variant="subtle" size="compact-sm" onClick={redo} disabled={!future} aria-label={t.canvas.redo}>
        <IconArrowForwardUp size={16} aria-hidden />
      </Button>
      <MoreMenu actions={actions} />
      <span className="grow" />
      {run && <RunLine run={run} />}
      {offline && (
        <Text size="xs" role="status" className="bad-words" data-testid="offline">
          {t.order.offline}
        </Text>
      )}
      <HistoryMenu workflow={id} onShow={onShow} />
      {live && (
        <Button size="xs" variant="default" leftSection={<IconPlayerStop size={14} aria-hidden />} loading={cancel.isPending} onClick={() => cancel.mutate(run.id)}>
          {t.canvas.cancel}
        </Button>
      )}
      <RunButton id={id} errors={errors} live={live} runner={runner} />
      <ActionIcon variant="default" size={30} aria-label={t.order.options} title={t.order.options} disabled={document.nodes.length === 0} onClick={() => show({ plan: {} })}>
        <IconChevronDown size={16} aria-hidden />
      </ActionIcon>
    </div>
  );
}

function words({ state, refusal }: Save): string {
  if (refusal) return t.canvas.saveRefused(refusal);
  return { saved: t.canvas.saved, saving: t.canvas.saving, unsaved: t.canvas.unsaved, offline: t.canvas.saveFailed }[state];
}

function RunLine({ run }: { run: Run }) {
  const done = run.nodes.filter((node) => node.status === "succeeded" || node.status === "cached").length;
  const figures = [run.seconds === null ? `${done}/${run.nodes.length}` : formatSeconds(run.seconds), run.cost_usd === null ? "" : formatDollars(run.cost_usd)];
  return (
    <Group gap={8} data-testid="run-line" wrap="nowrap">
      <Link className="plain" href={`/runs/${run.id}`}>
        <Status name={run.status} />
      </Link>
      <Text size="xs" c="dimmed">
        {figures.filter(Boolean).join(" · ")}
      </Text>
    </Group>
  );
}

/** Every action that has no button of its own. What is possible is looked up when the menu opens. */
function MoreMenu({ actions }: { actions: Action[] }) {
  return (
    <Menu>
      <Menu.Target>
        <Button variant="subtle" size="compact-sm" aria-label={t.canvas.more}>
          <IconDots size={16} aria-hidden />
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah="80vh" style={{ overflow: "auto" }}>
        {actions
          .filter((action) => !action.hidden)
          .map((action) => (
            <Menu.Item key={action.id} disabled={!action.enabled()} rightSection={action.keys[0] ? <kbd>{shown(action.keys[0])}</kbd> : null} onClick={action.act}>
              {action.title}
            </Menu.Item>
          ))}
      </Menu.Dropdown>
    </Menu>
  );
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
            <Status name={run.status} /> {formatAgo(run.created_at)}
          </Menu.Item>
        ))}
        {(runs.data ?? []).length > 0 && (
          <Menu.Item component={Link} href={`/runs?workflow=${workflow}`}>
            {t.home.allRuns}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
