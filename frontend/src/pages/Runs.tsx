import { Button, Checkbox, Group, Select, Stack, Table } from "@mantine/core";
import { useState } from "react";
import { Link, useLocation, useSearch } from "wouter";
import { useRunPages, useWorkflows } from "../api/queries";
import { formatDollars, formatInstant, formatSeconds, t } from "../strings";
import { Empty, Loaded, Page } from "../ui/Page";
import { Status } from "../ui/Status";

/** All runs, newest first; of one workflow, where the address names it. Tick two or more to compare them. */
export default function RunsPage() {
  const [, navigate] = useLocation();
  const workflow = new URLSearchParams(useSearch()).get("workflow");
  const runs = useRunPages(workflow);
  const workflows = useWorkflows();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const turn = (id: string) => setChosen((known) => (known.includes(id) ? known.filter((one) => one !== id) : [...known, id]));
  return (
    <Page
      title={t.runs.title}
      wide
      actions={
        <Button disabled={chosen.length < 2} title={chosen.length < 2 ? t.runs.compareHint : undefined} onClick={() => navigate(`/compare?runs=${[...chosen].sort().join(",")}`)}>
          {t.runs.compare(chosen.length)}
        </Button>
      }
    >
      <Stack>
        <Select
          aria-label={t.order.filterRuns}
          placeholder={t.order.allWorkflows}
          w={320}
          clearable
          searchable
          value={workflow}
          data={(workflows.data ?? []).map((one) => ({ value: one.id, label: one.name }))}
          onChange={(id) => navigate(id ? `/runs?workflow=${id}` : "/runs")}
        />
        <Loaded query={runs}>
          {(found) => {
            const items = found.pages.flatMap((page) => page.items);
            return items.length === 0 ? (
              <Empty text={t.runs.none} />
            ) : (
              <div className="scroll">
                <Table highlightOnHover>
                  <Table.Thead>
                    <Table.Tr>
                      {["", t.runs.workflow, t.runs.status, t.runs.scope, t.run.started, t.run.took, t.run.cost].map((head, place) => (
                        <Table.Th key={place} scope="col">
                          {head || <span className="visually-hidden">{t.runs.compareHint}</span>}
                        </Table.Th>
                      ))}
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {items.map((run) => (
                      <Table.Tr key={run.id}>
                        <Table.Td>
                          <Checkbox aria-label={t.runs.choose(run.workflow_name, formatInstant(run.created_at))} checked={chosen.includes(run.id)} onChange={() => turn(run.id)} />
                        </Table.Td>
                        <Table.Td>
                          <Link href={`/runs/${run.id}`}>{run.workflow_name}</Link>
                        </Table.Td>
                        <Table.Td>
                          <Status name={run.status} />
                        </Table.Td>
                        <Table.Td className="one-line">{run.scope ?? t.runs.wholeRun}</Table.Td>
                        <Table.Td className="one-line">{formatInstant(run.created_at)}</Table.Td>
                        <Table.Td className="one-line">{run.seconds === null ? "" : formatSeconds(run.seconds)}</Table.Td>
                        <Table.Td>{run.cost_usd === null ? "" : formatDollars(run.cost_usd)}</Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </div>
            );
          }}
        </Loaded>
        {runs.hasNextPage && (
          <Group>
            <Button variant="default" loading={runs.isFetchingNextPage} onClick={() => void runs.fetchNextPage()}>
              {t.order.more}
            </Button>
          </Group>
        )}
      </Stack>
    </Page>
  );
}
