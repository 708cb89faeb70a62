import { Alert, Button, Code, CopyButton, Group, NumberInput, Progress, Select, Stack, Switch, Text, TextInput, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { api, data, type Schemas } from "../api/client";
import { useEndpoint } from "../api/queries";
import { formatInstant, t } from "../strings";
import { Loaded, Page } from "../ui/Page";

interface Feature {
  name: string;
  type: string;
  default: unknown;
  categories?: string[];
  min?: number | null;
  max?: number | null;
}

export default function EndpointPage({ endpoint }: { endpoint: string }) {
  const query = useEndpoint(endpoint);
  return (
    <Page title={query.data?.name ?? t.endpoints.title}>
      <Loaded query={query}>{(found) => <Endpoint key={found.revision} endpoint={found} />}</Loaded>
    </Page>
  );
}

function Endpoint({ endpoint }: { endpoint: Schemas["Endpoint"] }) {
  const features = (endpoint.signature.features ?? []) as Feature[];
  const [row, setRow] = useState<Record<string, unknown>>(() => Object.fromEntries(features.map((one) => [one.name, one.default])));
  const [key, setKey] = useState<string | null>(null);
  return (
    <Stack gap="xl">
      <Text>
        <Link href={`/models/${endpoint.model}`}>{endpoint.model}</Link>, version {endpoint.version} · <Code>{endpoint.url}</Code>
      </Text>
      <TryIt endpoint={endpoint.id} features={features} row={row} onChange={setRow} />
      <Keys endpoint={endpoint} shown={key} onCreated={setKey} />
      <section aria-label={t.endpoints.code}>
        <Title order={2} size="h4" mb="xs">
          {t.endpoints.code}
        </Title>
        <Code block>{curl(endpoint.url, key, row)}</Code>
      </section>
      <Remove endpoint={endpoint.id} />
    </Stack>
  );
}

const curl = (url: string, key: string | null, row: Record<string, unknown>): string =>
  `curl -X POST ${new URL(`.${url}`, window.location.href).href} \\\n  -H 'content-type: application/json' -H 'x-api-key: ${key ?? "YOUR_KEY"}' \\\n  -d '${JSON.stringify({ rows: [row] })}'`;

interface Prediction {
  prediction: string | number;
  probabilities?: Record<string, number>;
}

function TryIt({ endpoint, features, row, onChange }: { endpoint: string; features: Feature[]; row: Record<string, unknown>; onChange: (row: Record<string, unknown>) => void }) {
  const [answer, setAnswer] = useState<{ predictions: Prediction[]; warnings: { message: string; field: string }[] } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const predict = async () => {
    setProblem(null);
    try {
      const found = data(await api.POST("/api/endpoints/{endpoint}/try", { params: { path: { endpoint } }, body: { rows: [row] } }));
      setAnswer(found as unknown as typeof answer);
    } catch (error) {
      setAnswer(null);
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  const first = answer?.predictions[0];
  return (
    <section aria-label={t.endpoints.tryIt}>
      <Title order={2} size="h4" mb="xs">
        {t.endpoints.tryIt}
      </Title>
      <div className="cards">
        {features.slice(0, 40).map((feature) => (
          <FeatureField key={feature.name} feature={feature} value={row[feature.name]} onChange={(value) => onChange({ ...row, [feature.name]: value })} />
        ))}
      </div>
      <Group mt="md">
        <Button onClick={() => void predict()}>{t.endpoints.predict}</Button>
      </Group>
      {problem && (
        <Alert color="red" mt="sm" role="alert">
          {problem}
        </Alert>
      )}
      {first && (
        <Stack gap={6} mt="sm" maw={420} role="status" data-testid="prediction">
          <b>{String(first.prediction)}</b>
          {Object.entries(first.probabilities ?? {}).map(([name, share]) => (
            <div key={name}>
              <Group justify="space-between">
                <Text size="sm">{name}</Text>
                <Text size="sm">{(share * 100).toFixed(1)} %</Text>
              </Group>
              <Progress value={share * 100} aria-label={`${t.endpoints.probability} ${name}`} />
            </div>
          ))}
          {answer?.warnings.map((one) => (
            <Text key={one.field} size="sm" c="dimmed">
              {one.field}: {one.message}
            </Text>
          ))}
        </Stack>
      )}
    </section>
  );
}

/** A field for one feature: its type, its range and what training saw decide what it is. */
function FeatureField({ feature, value, onChange }: { feature: Feature; value: unknown; onChange: (value: unknown) => void }) {
  if (feature.type === "boolean") return <Switch label={feature.name} checked={Boolean(value)} onChange={(event) => onChange(event.currentTarget.checked)} />;
  if (feature.type === "integer" || feature.type === "number") {
    const range = feature.min === null || feature.min === undefined ? undefined : `${feature.min} – ${feature.max}`;
    return (
      <NumberInput
        label={feature.name}
        description={range}
        allowDecimal={feature.type === "number"}
        value={typeof value === "number" ? value : ""}
        onChange={(next) => onChange(typeof next === "number" ? next : null)}
      />
    );
  }
  if (feature.categories && feature.categories.length <= 100 && feature.type === "text") {
    return <Select label={feature.name} data={feature.categories} value={(value as string | null) ?? null} searchable onChange={onChange} />;
  }
  return <TextInput label={feature.name} value={String(value ?? "")} onChange={(event) => onChange(event.currentTarget.value)} />;
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

function Remove({ endpoint }: { endpoint: string }) {
  const [, navigate] = useLocation();
  const [sure, setSure] = useState(false);
  const cache = useQueryClient();
  const remove = async () => {
    await api.DELETE("/api/endpoints/{endpoint}", { params: { path: { endpoint } } });
    await cache.invalidateQueries({ queryKey: ["endpoints"] });
    navigate("/endpoints");
  };
  return (
    <Group>
      <Button color={sure ? "red" : undefined} variant={sure ? "filled" : "default"} onClick={() => (sure ? void remove() : setSure(true))}>
        {sure ? `${t.endpoints.remove}?` : t.endpoints.remove}
      </Button>
      {sure && (
        <Button variant="default" onClick={() => setSure(false)}>
          {t.common.cancel}
        </Button>
      )}
    </Group>
  );
}
