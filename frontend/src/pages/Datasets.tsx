import { Alert, Badge, Button, Group, Select, Stack, Text, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useLocation } from "wouter";
import { api } from "../api/client";
import { useDataset, useDatasets } from "../api/queries";
import { UploadButton } from "../form/DatasetPicker";
import { type ColumnProfile, TablePreview } from "../run/TablePreview";
import { formatInstant, formatNumber, t } from "../strings";
import { Empty, Loaded, Page } from "../ui/Page";

export function DatasetsPage() {
  const datasets = useDatasets();
  const [, navigate] = useLocation();
  return (
    <Page title={t.data.title} actions={<UploadButton big onUploaded={(id) => navigate(`/data/${id}`)} />}>
      <Stack gap="lg">
        <Text c="dimmed">{t.data.hint}</Text>
        <Loaded query={datasets}>
          {(found) => (
            <>
              {found.items.length === 0 && <Empty text={t.data.none} />}
              <div className="cards">
                {found.items.map((one) => (
                  <Link key={one.id} className="card" href={`/data/${one.id}`}>
                    <Group justify="space-between">
                      <b>{one.name}</b>
                      <Badge variant="default">
                        {one.status}
                      </Badge>
                    </Group>
                    <small>
                      {one.rows === null ? one.filename : `${formatNumber(one.rows)} ${t.data.rows}, ${one.columns.length} ${t.data.columns}`} · {formatInstant(one.created_at)}
                    </small>
                  </Link>
                ))}
              </div>
              <Title order={2} size="h4">
                {t.data.samples}
              </Title>
              <div className="cards">
                {found.samples.map((one) => (
                  <div key={String(one.id)} className="card" style={{ cursor: "default" }}>
                    <b>{String(one.title)}</b>
                    <small>{String(one.description)}</small>
                  </div>
                ))}
              </div>
            </>
          )}
        </Loaded>
      </Stack>
    </Page>
  );
}

interface Profile {
  columns: ColumnProfile[];
  rows: number;
  preview: { rows: unknown[][] };
}

export function DatasetPage({ dataset }: { dataset: string }) {
  const query = useDataset(dataset);
  useDatasets(); // polls while the file is being read
  const cache = useQueryClient();
  const [, navigate] = useLocation();
  if (query.data && ["uploading", "profiling"].includes(query.data.status)) setTimeout(() => void query.refetch(), 500);
  const declare = async (target: string | null) => {
    await api.PUT("/api/datasets/{dataset}/target", { params: { path: { dataset } }, body: { target } });
    await cache.invalidateQueries({ queryKey: ["datasets"] });
  };
  const remove = async () => {
    await api.DELETE("/api/datasets/{dataset}", { params: { path: { dataset } } });
    await cache.invalidateQueries({ queryKey: ["datasets"] });
    navigate("/data");
  };
  return (
    <Page title={query.data?.name ?? t.data.title} actions={<Button variant="default" onClick={() => void remove()}>{t.data.delete}</Button>}>
      <Loaded query={query}>
        {(found) => {
          const profile = found.profile as unknown as Profile | null;
          return (
            <Stack>
              <Group>
                <Badge variant="default">{found.status}</Badge>
                <Text size="sm">{found.filename}</Text>
              </Group>
              {found.error && (
                <Alert color="red" title={String(found.error.message)} role="alert">
                  {String(found.error.hint ?? "")}
                </Alert>
              )}
              {found.warnings.map((one) => (
                <Alert key={one.message} color="yellow">
                  {one.message}
                </Alert>
              ))}
              {found.columns.length > 0 && (
                <Select label={t.data.target} w={300} data={found.columns.map((column) => column.name ?? "")} value={found.target} clearable searchable onChange={(value) => void declare(value)} />
              )}
              {profile && <TablePreview preview={{ row_count: profile.rows, columns: profile.columns, rows: profile.preview.rows }} />}
            </Stack>
          );
        }}
      </Loaded>
    </Page>
  );
}
