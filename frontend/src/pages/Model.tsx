import { Anchor, Badge, Button, Group, Modal, Stack, Table, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { api, data, type Schemas } from "../api/client";
import { useModel } from "../api/queries";
import { formatInstant, formatNumber, t } from "../strings";
import { Loaded, Page } from "../ui/Page";

export default function ModelPage({ model }: { model: string }) {
  const query = useModel(model);
  const [deploying, setDeploying] = useState<number | null>(null);
  return (
    <Page title={model}>
      <Loaded query={query}>
        {(found) => (
          <Stack gap="lg">
            {found.versions.map((version) => (
              <Version key={version.version} version={version} aliases={aliasesOf(found, version.version)} onDeploy={() => setDeploying(version.version)} />
            ))}
          </Stack>
        )}
      </Loaded>
      <DeployDialog model={model} version={deploying} onClose={() => setDeploying(null)} />
    </Page>
  );
}

const aliasesOf = (model: Schemas["Model"], version: number): string[] => Object.keys(model.aliases).filter((alias) => model.aliases[alias] === version);

interface Feature {
  name: string;
  type: string;
}

function Version({ version, aliases, onDeploy }: { version: Schemas["ModelVersion"]; aliases: string[]; onDeploy: () => void }) {
  const features = (version.signature.features ?? []) as Feature[];
  const lineage = version.lineage as { run?: string; workflow?: string; node?: string; dataset?: string; libraries?: Record<string, string> };
  return (
    <section className="card" style={{ cursor: "default" }} aria-label={`${t.models.version} ${version.version}`}>
      <Group justify="space-between">
        <Group gap="xs">
          <b>
            {t.models.version} {version.version}
          </b>
          {aliases.map((alias) => (
            <Badge key={alias}>{alias}</Badge>
          ))}
          <Text size="sm" c="dimmed">
            {version.estimator} · {formatInstant(version.created_at)}
          </Text>
        </Group>
        <Group gap="xs">
          <Anchor href={version.download} size="sm" download>
            {t.models.download}
          </Anchor>
          <Button size="xs" onClick={onDeploy}>
            {t.models.deploy}
          </Button>
        </Group>
      </Group>
      <div className="tiles">
        {Object.entries(version.metrics).map(([name, value]) => (
          <div className="tile" key={name}>
            <b>{typeof value === "number" ? formatNumber(value) : "–"}</b>
            <span>{name.replaceAll("_", " ")}</span>
          </div>
        ))}
      </div>
      <Table fz="xs">
        <Table.Tbody>
          <Table.Tr>
            <Table.Th scope="row">{t.models.signature}</Table.Th>
            <Table.Td>{features.map((feature) => `${feature.name} (${feature.type})`).join(", ")}</Table.Td>
          </Table.Tr>
          <Table.Tr>
            <Table.Th scope="row">{t.models.lineage}</Table.Th>
            <Table.Td>
              <Anchor component={Link} href={`/workflows/${lineage.workflow}?run=${lineage.run}`} fz="xs" underline="always">
                {lineage.run}
              </Anchor>{" "}
              · {lineage.dataset} · {Object.entries(lineage.libraries ?? {}).map(([name, number]) => `${name} ${number}`).join(", ")}
            </Table.Td>
          </Table.Tr>
          <Table.Tr>
            <Table.Th scope="row">SHA-256</Table.Th>
            <Table.Td style={{ overflowWrap: "anywhere" }}>{version.sha256}</Table.Td>
          </Table.Tr>
        </Table.Tbody>
      </Table>
    </section>
  );
}

function DeployDialog({ model, version, onClose }: { model: string; version: number | null; onClose: () => void }) {
  const [name, setName] = useState(model);
  const [, navigate] = useLocation();
  const cache = useQueryClient();
  const deploy = async () => {
    if (version === null) return;
    try {
      const made = data(await api.POST("/api/endpoints", { body: { name, model, version } }));
      await cache.invalidateQueries({ queryKey: ["endpoints"] });
      navigate(`/endpoints/${made.id}`);
    } catch (error) {
      notifications.show({ color: "red", message: error instanceof Error ? error.message : String(error) });
    }
  };
  const fits = /^[a-z][a-z0-9-]{0,62}$/.test(name);
  return (
    <Modal opened={version !== null} onClose={onClose} title={`${t.models.deploy} ${model} ${version ?? ""}`} closeButtonProps={{ "aria-label": t.common.close }}>
      <Stack>
        <TextInput label={t.models.name} value={name} onChange={(event) => setName(event.currentTarget.value)} error={fits ? null : "Small letters, digits and hyphens"} data-autofocus />
        <Button disabled={!fits} onClick={() => void deploy()}>
          {t.models.deploy}
        </Button>
      </Stack>
    </Modal>
  );
}
