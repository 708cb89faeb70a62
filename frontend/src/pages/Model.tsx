import { Anchor, Badge, Button, Group, Menu, Modal, Select, Stack, Tabs, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useMemo, useState } from "react";
import { Link, useLocation, useSearch } from "wouter";
import { api, data, type Schemas } from "../api/client";
import { useCatalog, useModel } from "../api/queries";
import { Drawn } from "../charts/Drawn";
import type { Lines } from "../charts/forms";
import { asMarkdown, modelCard, tagsOf, type Section } from "../model/card";
import { better } from "../model/metric";
import { EditNotes } from "../registry/EditNotes";
import { Metrics } from "../run/Result";
import { formatInstant, formatNumber, t } from "../strings";
import { download } from "../ui/download";
import { Loaded, Page, Waiting } from "../ui/Page";
import { PlainTable } from "../ui/PlainTable";

const Lineage = lazy(() => import("../run/Lineage"));

type Model = Schemas["Model"];
type Version = Schemas["ModelVersion"];

/** A model: its versions, how they compare, where they come from and where they are used. Version and tab are part of the address. */
export default function ModelPage({ model }: { model: string }) {
  const query = useModel(model);
  return (
    <Page title={model} wide>
      <Loaded query={query}>{(found) => <Shown model={found} />}</Loaded>
    </Page>
  );
}

function Shown({ model }: { model: Model }) {
  const search = new URLSearchParams(useSearch());
  const [, navigate] = useLocation();
  const [deploying, setDeploying] = useState<number | null>(null);
  const tab = search.get("tab") ?? "versions";
  const version = model.versions.find((one) => String(one.version) === search.get("version")) ?? model.versions[0];
  const go = (next: Record<string, string>) => {
    const words = Object.entries({ tab, version: String(version?.version ?? ""), ...next }).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    navigate(`/models/${encodeURIComponent(model.name)}?${words.join("&")}`, { replace: true });
  };
  if (!version) return null;
  const start = `version:${model.name}/${version.version}`;
  return (
    <Stack>
      <Tabs value={tab} onChange={(next) => next && go({ tab: next })} keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="versions">{t.order.versionsOf}</Tabs.Tab>
          <Tabs.Tab value="figures">{t.models.over}</Tabs.Tab>
          <Tabs.Tab value="lineage">{t.models.lineage}</Tabs.Tab>
          <Tabs.Tab value="card">{t.site.card.title}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="versions" pt="md">
          <Stack>
            {model.versions.map((one) => (
              <VersionCard key={one.version} model={model} version={one} here={one === version} onDeploy={() => setDeploying(one.version)} onLineage={() => go({ tab: "lineage", version: String(one.version) })} />
            ))}
          </Stack>
        </Tabs.Panel>
        <Tabs.Panel value="figures" pt="md">
          <OverVersions versions={model.versions} />
        </Tabs.Panel>
        <Tabs.Panel value="lineage" pt="md">
          <Suspense fallback={<Waiting />}>
            <Lineage of={`model:${model.name}`} chosen={start} title={t.site.both} />
          </Suspense>
        </Tabs.Panel>
        <Tabs.Panel value="card" pt="md">
          <Card model={model} version={version} onVersion={(next) => go({ version: next })} />
        </Tabs.Panel>
      </Tabs>
      <DeployDialog model={model.name} version={deploying} onClose={() => setDeploying(null)} />
    </Stack>
  );
}

const aliasesOf = (model: Model, version: number): string[] => Object.keys(model.aliases).filter((alias) => model.aliases[alias] === version);

interface Feature {
  name: string;
  type: string;
}

interface VersionCardProps {
  model: Model;
  version: Version;
  here: boolean;
  onDeploy: () => void;
  onLineage: () => void;
}

function VersionCard({ model, version, here, onDeploy, onLineage }: VersionCardProps) {
  const features = (version.signature.features ?? []) as Feature[];
  const { run } = version.lineage as { run?: string };
  return (
    <section className={here ? "card calm here" : "card calm"} aria-label={`${t.models.version} ${version.version}`}>
      <Group justify="space-between">
        <Group gap="xs">
          <b>
            {t.models.version} {version.version}
          </b>
          {aliasesOf(model, version.version).map((alias) => (
            <Badge key={alias}>{alias}</Badge>
          ))}
          {tagsOf(version.tags).map((tag) => (
            <Badge key={tag} variant="default" tt="none">
              {tag}
            </Badge>
          ))}
          <Text size="sm" c="dimmed">
            {version.estimator} · {formatInstant(version.created_at)} · {t.plot.bytes(version.bytes)}
          </Text>
        </Group>
        <Group gap="xs">
          <EditNotes model={model.name} version={version} />
          <Aliases model={model} version={version.version} />
          <Button component="a" href={version.download} download size="xs" variant="default">
            {t.models.download}
          </Button>
          <Button size="xs" onClick={onDeploy}>
            {t.models.deploy}
          </Button>
        </Group>
      </Group>
      {version.description && <Text size="sm">{version.description}</Text>}
      <Metrics metrics={version.metrics} />
      <Text size="sm">
        {t.models.signature}: {features.map((feature) => `${feature.name} (${t.table.types[feature.type] ?? feature.type})`).join(", ")}
      </Text>
      <Group gap="md" fz="sm">
        {run && (
          <Anchor component={Link} href={`/runs/${run}`} size="sm" underline="always">
            {t.site.madeBy}
          </Anchor>
        )}
        <button type="button" className="link-button" onClick={onLineage}>
          {t.models.lineage}
        </button>
      </Group>
    </section>
  );
}

const ALIASES = ["champion", "challenger"];

function Aliases({ model, version }: { model: Model; version: number }) {
  const cache = useQueryClient();
  const set = async (alias: string) => {
    try {
      await api.PUT("/api/models/{model}/aliases/{alias}", { params: { path: { model: model.name, alias } }, body: { version } });
      await cache.invalidateQueries({ queryKey: ["models"] });
      notifications.show({ message: t.site.aliasSet(alias, version) });
    } catch (error) {
      notifications.show({ color: "red", message: error instanceof Error ? error.message : String(error) });
    }
  };
  const known = [...new Set([...ALIASES, ...Object.keys(model.aliases)])];
  return (
    <Menu>
      <Menu.Target>
        <Button size="xs" variant="default">
          {t.site.alias}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {known.map((alias) => (
          <Menu.Item key={alias} disabled={model.aliases[alias] === version} onClick={() => void set(alias)}>
            {alias}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** One figure, version after version. */
function OverVersions({ versions }: { versions: readonly Version[] }) {
  const catalog = useCatalog();
  const names = useMemo(() => [...new Set(versions.flatMap((one) => Object.keys(one.metrics)))].filter((name) => !name.startsWith("baseline")), [versions]);
  const [figure, setFigure] = useState(names.includes("roc_auc") ? "roc_auc" : (names[0] ?? ""));
  const form = useMemo((): Lines => {
    const sorted = [...versions].sort((a, b) => a.version - b.version);
    const values = (name: string) => sorted.map((one) => (typeof one.metrics[name] === "number" ? (one.metrics[name] as number) : null));
    const series = [figure, `baseline_${figure}`].filter((name) => values(name).some((value) => value !== null)).map((name) => ({ name: name.replaceAll("_", " "), x: sorted.map((one) => `${one.version}`), y: values(name) }));
    return { form: "lines", name: t.models.over, x: t.models.version, y: figure.replaceAll("_", " "), axis: "category", dots: true, series };
  }, [versions, figure]);
  return (
    <Stack>
      <Select label={t.models.figure} w={260} value={figure} data={names.map((name) => ({ value: name, label: name.replaceAll("_", " ") }))} allowDeselect={false} onChange={(next) => next && setFigure(next)} />
      <Drawn form={form} note={t.site.best(bestOf(versions, figure, better(figure, catalog.data?.metrics ?? {})))} />
    </Stack>
  );
}

function bestOf(versions: readonly Version[], figure: string, end: "low" | "high" | undefined): string {
  const known = versions.flatMap((one) => (typeof one.metrics[figure] === "number" ? [{ version: one.version, value: one.metrics[figure] as number }] : []));
  const best = known.sort((a, b) => (end === "low" ? a.value - b.value : b.value - a.value))[0];
  return best ? `${t.models.version} ${best.version} (${formatNumber(best.value, 4)})` : "–";
}

function Card({ model, version, onVersion }: { model: Model; version: Version; onVersion: (version: string) => void }) {
  const card = modelCard(model.name, version, aliasesOf(model, version.version));
  return (
    <Stack>
      <Group align="flex-end">
        <Select label={t.models.version} w={140} value={String(version.version)} data={model.versions.map((one) => String(one.version))} allowDeselect={false} onChange={(next) => next && onVersion(next)} />
        <Button variant="default" onClick={() => download(`${model.name}-v${version.version}.md`, new Blob([asMarkdown(card)], { type: "text/markdown" }))}>
          {t.models.download}
        </Button>
      </Group>
      <article aria-label={t.site.card.title} className="model-card">
        <h2>{card.title}</h2>
        {card.text && <p>{card.text}</p>}
        {card.sections.map((one) => (
          <CardSection key={one.title} section={one} />
        ))}
      </article>
    </Stack>
  );
}

function CardSection({ section: { title, text, table } }: { section: Section }) {
  return (
    <section aria-label={title}>
      <h3 className="group-title">{title}</h3>
      {text && <p>{text}</p>}
      {table && <PlainTable name={title} head={table.head} rows={table.rows.map((cells, index) => ({ key: String(index), cells }))} />}
    </section>
  );
}

const NAME = /^[a-z][a-z0-9-]{0,62}$/;

function DeployDialog({ model, version, onClose }: { model: string; version: number | null; onClose: () => void }) {
  const [name, setName] = useState(() => model.toLowerCase().replaceAll(/[^a-z0-9-]+/g, "-").replace(/^[^a-z]+/, "").slice(0, 63));
  const [busy, setBusy] = useState(false);
  const [, navigate] = useLocation();
  const cache = useQueryClient();
  const fits = NAME.test(name);
  const deploy = async () => {
    if (version === null || !fits) return;
    setBusy(true);
    try {
      const made = data(await api.POST("/api/endpoints", { body: { name, model, version } }));
      await cache.invalidateQueries({ queryKey: ["endpoints"] });
      navigate(`/endpoints/${made.id}`);
    } catch (error) {
      notifications.show({ color: "red", message: error instanceof Error ? error.message : String(error) });
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened={version !== null} onClose={onClose} title={`${t.models.deploy} ${model} ${version ?? ""}`} closeButtonProps={{ "aria-label": t.common.close }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void deploy();
        }}
      >
        <Stack>
          <TextInput label={t.models.name} value={name} onChange={(event) => setName(event.currentTarget.value)} error={fits ? null : t.models.nameHint} data-autofocus />
          <Text size="sm" c="dimmed">
            {t.site.deployHint}
          </Text>
          <Button type="submit" disabled={!fits} loading={busy}>
            {t.models.deploy}
          </Button>
        </Stack>
      </form>
    </Modal>
  );
}
