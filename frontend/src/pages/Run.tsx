import { Button, Group, Stack, Tabs } from "@mantine/core";
import { IconPlayerPlay, IconPlayerStop, IconScale, IconSchema } from "@tabler/icons-react";
import { Link, useLocation, useSearch } from "wouter";
import type { Run } from "../api/client";
import { isAway, isFinal, useCancelRun, useResumeRun, useRun, useRuns } from "../api/queries";
import { useRunView } from "../run/RunView";
import { CodeTab, Data, Logs, Results, RunWords, Summary } from "../run/Tabs";
import { Timeline } from "../run/Timeline";
import { t } from "../strings";
import { Loaded, Page } from "../ui/Page";
import { Status } from "../ui/Status";

const TABS = ["summary", "timeline", "results", "data", "logs", "code"] as const;

/** One run, read in six ways; tab, node and port are part of the address. */
export default function RunPage({ run }: { run: string }) {
  const query = useRun(run);
  return (
    <Page title={query.data ? t.run.title(query.data.workflow_name) : t.run.run} wide>
      <Loaded query={{ ...query, error: query.error ?? query.failureReason }}>{(found) => <Shown run={found} offline={isAway(query)} />}</Loaded>
    </Page>
  );
}

function Shown({ run, offline }: { run: Run; offline: boolean }) {
  const view = useRunView(run);
  const [, navigate] = useLocation();
  const search = new URLSearchParams(useSearch());
  const tab = search.get("tab") ?? "summary";
  const [node, port] = [search.get("node"), search.get("port")];
  const go = (next: Record<string, string | null>) => {
    const now = { tab, node, port, ...next };
    const words = Object.entries(now).flatMap(([name, value]) => (value ? [`${name}=${encodeURIComponent(value)}`] : []));
    navigate(`/runs/${run.id}?${words.join("&")}`, { replace: next.tab === undefined });
  };
  return (
    <Stack>
      <Group justify="space-between">
        <div>
          <Group gap="sm">
            <Status name={run.status} />
            <span role="status" className={offline ? "bad-words" : "visually-hidden"}>
              {offline ? t.order.offline : t.run.announce(t.status[run.status as keyof typeof t.status], run.nodes.filter((one) => ["succeeded", "cached"].includes(one.status)).length, run.nodes.length)}
            </span>
          </Group>
          <RunWords view={view} />
        </div>
        <Actions run={run} node={node ?? run.nodes.find((one) => one.status === "failed")?.node ?? null} />
      </Group>
      <Tabs value={tab} onChange={(next) => go({ tab: next, port: null })} keepMounted={false}>
        <Tabs.List>
          {TABS.map((name) => (
            <Tabs.Tab key={name} value={name}>
              {t.run[name]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="summary" pt="md">
          <Summary view={view} onNode={(to, id) => go({ tab: to, node: id })} />
        </Tabs.Panel>
        <Tabs.Panel value="timeline" pt="md">
          <Timeline run={run} inputs={view.inputs} names={view.names} />
        </Tabs.Panel>
        <Tabs.Panel value="results" pt="md">
          <Results view={view} node={node} onNode={(id) => go({ node: id })} />
        </Tabs.Panel>
        <Tabs.Panel value="data" pt="md">
          <Data view={view} node={node} port={port} onNode={(id) => go({ node: id, port: null })} onPort={(name) => go({ port: name })} />
        </Tabs.Panel>
        <Tabs.Panel value="logs" pt="md">
          <Logs view={view} node={node} onNode={(id) => go({ node: id })} />
        </Tabs.Panel>
        <Tabs.Panel value="code" pt="md">
          <CodeTab view={view} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

function Actions({ run, node }: { run: Run; node: string | null }) {
  const [, navigate] = useLocation();
  const cancel = useCancelRun();
  const resume = useResumeRun();
  const before = useRuns(run.workflow).data?.find((one) => one.created_at < run.created_at && isFinal(one as Run));
  return (
    <Group gap="xs">
      {!isFinal(run) && (
        <Button size="xs" variant="default" leftSection={<IconPlayerStop size={14} aria-hidden />} loading={cancel.isPending} onClick={() => cancel.mutate(run.id)}>
          {t.run.cancel}
        </Button>
      )}
      {["failed", "stopped"].includes(run.status) && (
        <Button size="xs" leftSection={<IconPlayerPlay size={14} aria-hidden />} loading={resume.isPending} onClick={() => void resume.mutateAsync(run.id).then((next) => navigate(`/runs/${next.id}`))}>
          {t.run.resume}
        </Button>
      )}
      {before && (
        <Button component={Link} href={`/compare?runs=${before.id},${run.id}`} size="xs" variant="default" leftSection={<IconScale size={14} aria-hidden />}>
          {t.order.compareLast}
        </Button>
      )}
      <Button component={Link} href={`/workflows/${run.workflow}?run=${run.id}${node ? `&node=${encodeURIComponent(node)}` : ""}`} size="xs" variant="default" leftSection={<IconSchema size={14} aria-hidden />}>
        {t.run.openCanvas}
      </Button>
    </Group>
  );
}
