import { Table } from "@mantine/core";
import { Link } from "wouter";
import { useRuns } from "../api/queries";
import { formatDollars, formatInstant, formatSeconds, t } from "../strings";
import { Empty, Loaded, Page } from "../ui/Page";
import { Status } from "../ui/Status";

export default function RunsPage() {
  const runs = useRuns();
  return (
    <Page title={t.runs.title}>
      <Loaded query={runs}>
        {(items) =>
          items.length === 0 ? (
            <Empty text={t.runs.none} />
          ) : (
            <Table>
              <Table.Thead>
                <Table.Tr>
                  {["Workflow", "Status", t.runs.started, t.runs.took, t.runs.cost].map((head) => (
                    <Table.Th key={head} scope="col">
                      {head}
                    </Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {items.map((run) => (
                  <Table.Tr key={run.id}>
                    <Table.Td>
                      <Link href={`/workflows/${run.workflow}?run=${run.id}`}>{run.workflow_name}</Link>
                    </Table.Td>
                    <Table.Td>
                      <Status name={run.status} />
                    </Table.Td>
                    <Table.Td>{formatInstant(run.created_at)}</Table.Td>
                    <Table.Td>{run.seconds === null ? "" : formatSeconds(run.seconds)}</Table.Td>
                    <Table.Td>{run.cost_usd === null ? "" : formatDollars(run.cost_usd)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          )
        }
      </Loaded>
    </Page>
  );
}
