import { Alert, Button, Group, NumberInput, Progress, Select, Slider, Stack, Switch, Text, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import { api, data } from "../api/client";
import { Drawn } from "../charts/Drawn";
import type { Bars } from "../charts/forms";
import { type Answer, type Feature, pushes, variants } from "../model/whatif";
import { formatNumber, formatPercent, t } from "../strings";

interface TryItProps {
  endpoint: string;
  features: readonly Feature[];
  row: Record<string, unknown>;
  example: Record<string, unknown> | null;
  onChange: (row: Record<string, unknown>) => void;
}

interface Reply {
  row: Record<string, unknown>;
  answers: Answer[];
  warnings: { message: string; field: string; row: number }[];
}

const SHOWN_FIELDS = 40;
// The serving function takes a hundred rows of a trial at once.
const MOST_VARIANTS = 99;

/** A form made of the signature: set the fields, get the answer, and see what made it. */
export function TryIt({ endpoint, features, row, example, onChange }: TryItProps) {
  const [reply, setReply] = useState<Reply | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const explained = features.slice(0, MOST_VARIANTS);
  const predict = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const found = data(await api.POST("/api/endpoints/{endpoint}/try", { params: { path: { endpoint } }, body: { rows: variants(row, explained) } })) as unknown as { predictions: Answer[]; warnings?: Reply["warnings"] };
      setReply({ row, answers: found.predictions, warnings: found.warnings ?? [] });
    } catch (error) {
      setReply(null);
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <section aria-label={t.endpoints.tryIt}>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">
          {t.endpoints.tryIt}
        </Title>
        <Group gap="xs">
          <Button size="xs" variant="default" onClick={() => onChange(Object.fromEntries(features.map((one) => [one.name, one.default])))}>
            {t.site.typical}
          </Button>
          {example && (
            <Button size="xs" variant="default" onClick={() => onChange({ ...example })}>
              {t.site.real}
            </Button>
          )}
        </Group>
      </Group>
      <div className="try-grid">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void predict();
          }}
        >
          <Stack gap="md">
            {features.slice(0, SHOWN_FIELDS).map((feature) => (
              <FeatureField key={feature.name} feature={feature} value={row[feature.name]} onChange={(value) => onChange({ ...row, [feature.name]: value })} />
            ))}
            {features.length > SHOWN_FIELDS && <Text size="sm">{t.endpoints.more(features.length - SHOWN_FIELDS)}</Text>}
            <Button type="submit" loading={busy} style={{ alignSelf: "flex-start" }}>
              {t.endpoints.predict}
            </Button>
          </Stack>
        </form>
        <div>
          {problem && (
            <Alert color="red" role="alert">
              {problem}
            </Alert>
          )}
          {reply?.answers[0] && <Answered reply={reply} answer={reply.answers[0]} features={explained} />}
        </div>
      </div>
    </section>
  );
}

function Answered({ reply, answer, features }: { reply: Reply; answer: Answer; features: readonly Feature[] }) {
  const found = pushes(reply.row, features, reply.answers);
  const shown = typeof answer.prediction === "number" ? formatNumber(answer.prediction) : answer.prediction;
  const words = (one: (typeof found)[number]) => `${one.name} = ${one.value === null || one.value === undefined ? "–" : String(one.value)}`;
  const form: Bars = {
    form: "bars",
    name: t.site.contributions,
    x: t.endpoints.probability,
    y: t.charts.feature,
    across: true,
    names: found.slice(0, 12).map(words),
    series: [
      { name: t.site.pushes, values: found.slice(0, 12).map((one) => (one.push > 0 ? one.push : null)) },
      { name: t.site.pulls, values: found.slice(0, 12).map((one) => (one.push < 0 ? one.push : null)) },
    ],
  };
  return (
    <Stack gap="sm">
      <div role="status" data-testid="prediction">
        <Text size="sm" c="dimmed">
          {t.endpoints.prediction}
        </Text>
        <Text fw={700} size="xl">
          {shown}
        </Text>
        {Object.entries(answer.probabilities ?? {}).map(([name, share]) => (
          <div key={name}>
            <Group justify="space-between">
              <Text size="sm">{name}</Text>
              <Text size="sm">{formatPercent(share)}</Text>
            </Group>
            <Progress value={share * 100} aria-label={`${t.endpoints.probability} ${name}`} />
          </div>
        ))}
      </div>
      {reply.warnings
        .filter((one) => !one.row)
        .map((one, index) => (
          <Text key={index} size="sm" c="dimmed">
            {one.field}: {one.message}
          </Text>
        ))}
      {found.length > 0 && <Drawn form={form} note={t.site.contributionsHint(String(shown))} />}
    </Stack>
  );
}

interface FieldProps {
  feature: Feature;
  value: unknown;
  onChange: (value: unknown) => void;
}

/** A field for one feature: its type, its range and what training saw decide what it is. */
function FeatureField({ feature, value, onChange }: FieldProps) {
  if (feature.type === "boolean") return <Switch label={feature.name} checked={Boolean(value)} onChange={(event) => onChange(event.currentTarget.checked)} />;
  if (feature.type === "integer" || feature.type === "number") return <NumberField feature={feature} value={value} onChange={onChange} />;
  if (feature.categories && feature.categories.length <= 100 && feature.type === "text") {
    return <Select label={feature.name} data={feature.categories} value={(value as string | null) ?? null} searchable clearable onChange={onChange} />;
  }
  return <TextInput label={feature.name} value={String(value ?? "")} onChange={(event) => onChange(event.currentTarget.value)} />;
}

/** A number, and a slider over what training saw, with marks at its quantiles. */
function NumberField({ feature, value, onChange }: FieldProps) {
  const { min, max, quantiles = [] } = feature;
  const whole = feature.type === "integer";
  const ranged = typeof min === "number" && typeof max === "number" && max > min;
  const range = ranged ? t.endpoints.range(formatNumber(min), formatNumber(max)) : undefined;
  return (
    <div>
      <NumberInput label={feature.name} description={range} allowDecimal={!whole} value={typeof value === "number" ? value : ""} onChange={(next) => onChange(typeof next === "number" ? next : null)} />
      {ranged && (
        <Slider
          mt={6}
          size="sm"
          thumbLabel={feature.name}
          label={(at) => formatNumber(at)}
          min={min}
          max={max}
          step={whole ? 1 : (max - min) / 200}
          value={typeof value === "number" ? Math.min(max, Math.max(min, value)) : min}
          marks={quantiles.map((at) => ({ value: at }))}
          onChange={(next) => onChange(whole ? Math.round(next) : next)}
          title={t.site.quantiles}
        />
      )}
    </div>
  );
}
