import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { Link } from "wouter";
import { useTemplates, useWorkflows } from "../api/queries";
import { useOpen } from "../canvas/transfer";
import { UploadButton } from "../form/DatasetPicker";
import { connect, emptyWorkflow } from "../model/document";
import type { Workflow } from "../model/types";
import { formatInstant, formatNumber, t } from "../strings";
import { Empty, Loaded, Page } from "../ui/Page";

/** The front door: templates, your workflows, and what it costs when nobody is here. */
export function HomePage() {
  const templates = useTemplates();
  const workflows = useWorkflows();
  const open = useOpen();
  return (
    <Page title={t.home.title} actions={<UploadButton big onUploaded={(dataset) => void open(withDataset(dataset))} />}>
      <Stack gap="xl">
        <Text c="dimmed">{t.home.lead}</Text>
        <section aria-label={t.home.templates}>
          <Title order={2} size="h4" mb="sm">
            {t.home.templates}
          </Title>
          <div className="cards">
            <button type="button" className="card" onClick={() => void open(emptyWorkflow())}>
              <Group gap={6}>
                <IconPlus size={18} aria-hidden />
                <b>{t.home.empty}</b>
              </Group>
              <small>{t.home.emptyHint}</small>
            </button>
            {(templates.data ?? []).map((one) => (
              <button type="button" className="card" key={one.id} onClick={() => void open(one.workflow as unknown as Workflow)}>
                <b>{one.name}</b>
                <span>{one.description}</span>
                <small>
                  {formatNumber(one.rows)} {t.data.rows} · {one.workflow.nodes?.length} nodes
                </small>
              </button>
            ))}
          </div>
        </section>
        <section aria-label={t.home.recent}>
          <Title order={2} size="h4" mb="sm">
            {t.home.recent}
          </Title>
          <Loaded query={workflows}>
            {(items) =>
              items.length === 0 ? (
                <Empty text={t.home.none}>
                  <Button onClick={() => void open(emptyWorkflow())}>{t.home.empty}</Button>
                </Empty>
              ) : (
                <div className="cards">
                  {items.map((one) => (
                    <Link className="card" key={one.id} href={`/workflows/${one.id}`}>
                      <b>{one.name}</b>
                      <small>
                        {one.nodes} nodes · {formatInstant(one.updated_at)}
                      </small>
                    </Link>
                  ))}
                </div>
              )
            }
          </Loaded>
        </section>
        <Text size="sm" c="dimmed">
          {t.home.idle}
        </Text>
      </Stack>
    </Page>
  );
}

/** The classic pipeline on an uploaded dataset. */
function withDataset(dataset: string): Workflow {
  const kinds: [string, string, string][] = [
    ["load", "csv_loader", "Load CSV"],
    ["clean", "preprocess", "Preprocess"],
    ["split", "train_test_split", "Split"],
    ["train", "train_logreg", "Train"],
    ["evaluate", "evaluate", "Evaluate"],
  ];
  const nodes = kinds.map(([id, type, label], place) => ({ id, type, position: { x: place * 288, y: 0 }, data: { label, params: id === "load" ? { dataset } : {} } }));
  let workflow: Workflow = { ...emptyWorkflow(t.home.myData), nodes };
  for (let index = 1; index < kinds.length; index += 1) workflow = connect(workflow, { source: kinds[index - 1]?.[0] ?? "", target: kinds[index]?.[0] ?? "" });
  return workflow;
}
