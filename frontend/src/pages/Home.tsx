import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { IconPlus, IconUpload } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { Link } from "wouter";
import { useDatasets, useRuns, useSpending, useTemplates, useWorkflows } from "../api/queries";
import { chooseFile, useImport, useOpen } from "../canvas/transfer";
import { UploadButton } from "../form/DatasetPicker";
import { emptyWorkflow } from "../model/document";
import { withDataset } from "../model/starter";
import type { Workflow } from "../model/types";
import { Questions } from "../run/Questions";
import { formatAgo, formatDollars, formatNumber, formatSeconds, t } from "../strings";
import { Empty, Loaded, Page } from "../ui/Page";
import { Sketch } from "../ui/Sketch";
import { Status } from "../ui/Status";

const RECENT = 6;
/** One row on a wide screen: what was done last and what it costs stay in sight. */
const FIRST_TEMPLATES = 4;

/** The front door: templates, what you did last, your data, and what it costs when nobody is here. */
export function HomePage() {
  const templates = useTemplates();
  const workflows = useWorkflows();
  const runs = useRuns();
  const datasets = useDatasets();
  const open = useOpen();
  const take = useImport();
  const [all, setAll] = useState(false);
  return (
    <Page
      title={t.home.title}
      wide
      actions={
        <Group gap="xs">
          <Button variant="default" leftSection={<IconUpload size={14} aria-hidden />} onClick={() => chooseFile((file) => void take(file))}>
            {t.home.import}
          </Button>
          <UploadButton big onUploaded={(dataset, filename) => void open(withDataset(dataset, { filename }))} />
        </Group>
      }
    >
      <Stack gap="xl">
        <Text c="dimmed">{t.home.lead}</Text>
        <Questions />
        <Section title={t.home.templates}>
          <Loaded query={templates} meanwhile={<Outlines />}>
            {(found) => (
              <div className={all ? "cards first" : "cards first few"}>
                <button type="button" className="card" onClick={() => void open(emptyWorkflow())}>
                  <Group gap={6}>
                    <IconPlus size={18} aria-hidden />
                    <b>{t.home.empty}</b>
                  </Group>
                  <small>{t.home.emptyHint}</small>
                </button>
                {found.slice(0, all ? found.length : FIRST_TEMPLATES).map((one) => (
                  <button type="button" className="card" key={one.id} onClick={() => void open(one.workflow as unknown as Workflow)}>
                    <Sketch workflow={one.workflow as unknown as Workflow} />
                    <b>{one.name}</b>
                    <span title={one.description}>{one.description}</span>
                    <small>
                      {formatNumber(one.rows)} {t.data.rows} · {t.home.nodes(one.workflow.nodes?.length ?? 0)}
                    </small>
                  </button>
                ))}
              </div>
            )}
          </Loaded>
          {!all && (templates.data?.length ?? Infinity) > FIRST_TEMPLATES && (
            <Button variant="subtle" mt="sm" className="flush" style={{ visibility: templates.data ? "visible" : "hidden" }} onClick={() => setAll(true)}>
              {t.home.allTemplates(templates.data?.length ?? 0)}
            </Button>
          )}
        </Section>
        <div className="columns">
          <Section room title={t.home.recent} more={["/workflows", t.site.allWorkflows]}>
            <Loaded query={workflows}>
              {(items) =>
                items.length === 0 ? (
                  <Empty text={t.home.none}>
                    <Button onClick={() => void open(emptyWorkflow())}>{t.home.empty}</Button>
                  </Empty>
                ) : (
                  <Lines items={items.slice(0, RECENT).map((one) => ({ id: one.id, href: `/workflows/${one.id}`, name: one.name, words: `${t.home.nodes(one.nodes)} · ${formatAgo(one.updated_at)}` }))} />
                )
              }
            </Loaded>
          </Section>
          <Section room title={t.home.runs} more={["/runs", t.home.allRuns]}>
            <Loaded query={runs}>
              {(items) =>
                items.length === 0 ? (
                  <Empty text={t.runs.none} />
                ) : (
                  <Lines
                    items={items.slice(0, RECENT).map((one) => ({
                      id: one.id,
                      href: `/runs/${one.id}`,
                      name: one.workflow_name,
                      sign: <Status name={one.status} />,
                      words: [one.seconds === null ? "" : formatSeconds(one.seconds), formatAgo(one.created_at)].filter(Boolean).join(" · "),
                    }))}
                  />
                )
              }
            </Loaded>
          </Section>
          <Section room title={t.home.data} more={["/data", t.home.allData]}>
            <Loaded query={datasets}>
              {(found) =>
                found.items.length === 0 ? (
                  <Empty text={t.data.none} />
                ) : (
                  <Lines items={found.items.slice(0, RECENT).map((one) => ({ id: one.id, href: `/data/${one.id}`, name: one.name, words: one.rows === null ? (t.data.status[one.status] ?? one.status) : t.table.rows(one.rows) }))} />
                )
              }
            </Loaded>
          </Section>
          <Section room title={t.home.idle}>
            <Money />
          </Section>
        </div>
      </Stack>
    </Page>
  );
}

/** As many cards as will come, so that what lies below stays where it is. */
function Outlines() {
  return (
    <div className="cards first few" role="status">
      {Array.from({ length: FIRST_TEMPLATES + 1 }, (_, index) => (
        <div className="card calm" key={index}>
          {index === 0 && t.common.loading}
        </div>
      ))}
    </div>
  );
}

interface SectionProps {
  title: string;
  more?: [string, string];
  /** Takes the room of a full list from the beginning. */
  room?: boolean;
  children: ReactNode;
}

function Section({ title, more, room = false, children }: SectionProps) {
  return (
    <section aria-label={title} className={room ? "room" : undefined}>
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4">
          {title}
        </Title>
        {more && <Link href={more[0]}>{more[1]}</Link>}
      </Group>
      {children}
    </section>
  );
}

interface LineItem {
  id: string;
  href: string;
  name: string;
  words: string;
  sign?: ReactNode;
}

function Lines({ items }: { items: LineItem[] }) {
  return (
    <ul className="lines">
      {items.map((one) => (
        <li key={one.id}>
          <Link href={one.href}>{one.name}</Link>
          {one.sign}
          <small>{one.words}</small>
        </li>
      ))}
    </ul>
  );
}

/** What it costs now, what it has cost this month, and what can cost. */
function Money() {
  const spending = useSpending();
  return (
    <Loaded query={spending}>
      {(found) => (
        <Stack gap="xs">
          <div className="tiles wide">
            <div className="tile" data-testid="idle-cost">
              <b>{t.home.idleHour(formatDollars(found.idle_usd_per_hour))}</b>
              <span>{t.home.idleText}</span>
            </div>
            <div className="tile">
              <b>{formatDollars(found.usd)}</b>
              <span>
                {t.home.month} · {t.home.monthRuns(found.runs)}
              </span>
            </div>
          </div>
          <b className="group-title">{t.home.bills}</b>
          <ul className="bills">
            {found.bills.map((one) => (
              <li key={one}>{one}</li>
            ))}
          </ul>
        </Stack>
      )}
    </Loaded>
  );
}
