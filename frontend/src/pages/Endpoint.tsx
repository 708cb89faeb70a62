import { Alert, Button, Code, CopyButton, Group, Stack, Tabs, Text, TextInput, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { Link, useLocation, useSearch } from "wouter";
import { api, data, type Schemas } from "../api/client";
import { useEndpoint } from "../api/queries";
import { Calls } from "../endpoint/Calls";
import { Cap } from "../endpoint/Cap";
import { Monitoring } from "../endpoint/Monitoring";
import { PredictionLog, Traffic } from "../endpoint/Traffic";
import { TryIt } from "../endpoint/TryIt";
import type { Feature } from "../model/whatif";
import { formatDollars, formatInstant, t } from "../strings";
import { Loaded, Page, Waiting } from "../ui/Page";

const Lineage = lazy(() => import("../run/Lineage"));

/** An endpoint: try it, call it, watch it, look after its keys. The tab is part of the address. */
export default function EndpointPage({ endpoint }: { endpoint: string }) {
  const query = useEndpoint(endpoint);
  return (
    <Page title={query.data?.name ?? t.endpoints.title} wide>
      <Loaded query={query}>{(found) => <Endpoint key={found.revision} endpoint={found} />}</Loaded>
    </Page>
  );
}

function Endpoint({ endpoint }: { endpoint: Schemas["Endpoint"] }) {
  const features = (endpoint.signature.features ?? []) as Feature[];
  const example = (endpoint.signature.example ?? null) as Record<string, unknown> | null;
  const [row, setRow] = useState<Record<string, unknown>>(() => example ?? Object.fromEntries(features.map((one) => [one.name, one.default])));
  const [key, setKey] = useState<string | null>(null);
  const tab = new URLSearchParams(useSearch()).get("tab") ?? "try";
  const [, navigate] = useLocation();
  return (
    <Stack gap="lg">
      <Text>
        <Link href={`/models/${encodeURIComponent(endpoint.model)}?version=${endpoint.version}`}>{t.endpoints.serves(endpoint.model, endpoint.version)}</Link> · <Code>{endpoint.url}</Code>
      </Text>
      <Month found={endpoint.spending} />
      <Tabs value={tab} onChange={(next) => navigate(`/endpoints/${endpoint.id}?tab=${next}`, { replace: true })} keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="try">{t.endpoints.tryIt}</Tabs.Tab>
          <Tabs.Tab value="call">{t.endpoints.code}</Tabs.Tab>
          <Tabs.Tab value="traffic">{t.site.traffic}</Tabs.Tab>
          <Tabs.Tab value="log">{t.site.log}</Tabs.Tab>
          <Tabs.Tab value="lineage">{t.models.lineage}</Tabs.Tab>
          <Tabs.Tab value="monitoring">{t.site.monitoring}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="try" pt="md">
          <TryIt endpoint={endpoint.id} features={features} row={row} example={example} onChange={setRow} />
        </Tabs.Panel>
        <Tabs.Panel value="call" pt="md">
          <Stack gap="xl">
            <Calls url={endpoint.url} apiKey={key} row={row} />
            <Keys endpoint={endpoint} shown={key} onCreated={setKey} />
            <Cap key={endpoint.spending.cap_usd} endpoint={endpoint.id} found={endpoint.spending} />
            <Remove endpoint={endpoint.id} name={endpoint.name} />
          </Stack>
        </Tabs.Panel>
        <Tabs.Panel value="traffic" pt="md">
          <Traffic endpoint={endpoint.id} />
        </Tabs.Panel>
        <Tabs.Panel value="log" pt="md">
          <PredictionLog endpoint={endpoint.id} />
        </Tabs.Panel>
        <Tabs.Panel value="lineage" pt="md">
          <Suspense fallback={<Waiting />}>
            <Lineage of={`endpoint:${endpoint.id}`} title={t.site.both} />
          </Suspense>
        </Tabs.Panel>
        <Tabs.Panel value="monitoring" pt="md">
          <Monitoring endpoint={endpoint} features={features} apiKey={key} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

/** What the endpoint has cost this month, and whether its cap has stopped it. */
function Month({ found }: { found: Schemas["MonthView"] }) {
  const cap = found.cap_usd === null ? null : formatDollars(found.cap_usd);
  if (found.stopped && cap !== null) return <Alert color="red">{t.endpoints.stopped(cap)}</Alert>;
  const dollars = found.usd === null ? t.endpoints.priceUnknown : formatDollars(found.usd);
  return (
    <Text size="sm" c="dimmed">
      {t.endpoints.month(found.requests, dollars, cap)}
    </Text>
  );
}

function Keys({ endpoint, shown, onCreated }: { endpoint: Schemas["Endpoint"]; shown: string | null; onCreated: (key: string) => void }) {
  const cache = useQueryClient();
  const refresh = () => cache.invalidateQueries({ queryKey: ["endpoints"] });
  const create = async () => {
    const made = data(await api.POST("/api/endpoints/{endpoint}/keys", { params: { path: { endpoint: endpoint.id } } }));
    onCreated(made.key);
    await refresh();
  };
  const revoke = async (prefix: string) => {
    await api.DELETE("/api/endpoints/{endpoint}/keys/{prefix}", { params: { path: { endpoint: endpoint.id, prefix } } });
    notifications.show({ message: t.endpoints.revoked(prefix) });
    await refresh();
  };
  return (
    <section aria-label={t.endpoints.keys}>
      <Title order={2} size="h4" mb="xs">
        {t.endpoints.keys}
      </Title>
      <Stack gap="xs" align="flex-start">
        {endpoint.keys.length === 0 && <Text size="sm">{t.endpoints.noKeys}</Text>}
        {endpoint.keys.map((one) => (
          <Group key={one.prefix}>
            <Code>{one.prefix}…</Code>
            <Text size="sm" c="dimmed">
              {formatInstant(one.created_at)}
            </Text>
            <Button size="compact-xs" variant="default" onClick={() => void revoke(one.prefix)}>
              {t.endpoints.revoke}
            </Button>
          </Group>
        ))}
        {shown && (
          <Alert title={t.endpoints.keyOnce}>
            <Group>
              <Code>{shown}</Code>
              <CopyButton value={shown}>{({ copied, copy }) => <Button size="compact-xs" onClick={copy}>{copied ? t.common.copied : t.common.copy}</Button>}</CopyButton>
            </Group>
          </Alert>
        )}
        <Button size="xs" variant="default" onClick={() => void create()}>
          {t.endpoints.newKey}
        </Button>
      </Stack>
    </section>
  );
}

/** Deleting stops answers for good: the name has to be typed. */
function Remove({ endpoint, name }: { endpoint: string; name: string }) {
  const [, navigate] = useLocation();
  const [typed, setTyped] = useState("");
  const cache = useQueryClient();
  const remove = async () => {
    try {
      await api.DELETE("/api/endpoints/{endpoint}", { params: { path: { endpoint } } });
      await cache.invalidateQueries({ queryKey: ["endpoints"] });
      navigate("/endpoints");
    } catch (error) {
      notifications.show({ color: "red", message: error instanceof Error ? error.message : String(error) });
    }
  };
  return (
    <section aria-label={t.endpoints.remove}>
      <Title order={2} size="h4" mb="xs">
        {t.endpoints.remove}
      </Title>
      <Group align="flex-end">
        <TextInput label={t.site.typeName(name)} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} />
        <Button color="red" disabled={typed !== name} onClick={() => void remove()}>
          {t.endpoints.remove}
        </Button>
      </Group>
    </section>
  );
}
