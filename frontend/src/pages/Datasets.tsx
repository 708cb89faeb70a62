import { Alert, Badge, Button, Group, Select, Stack, Text, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useState } from "react";
import { Link, useLocation } from "wouter";
import { api } from "../api/client";
import { useDataset, useDatasets } from "../api/queries";
import { useOpen } from "../canvas/transfer";
import type { ColumnProfile } from "../data/ColumnHead";
import { UploadButton } from "../form/DatasetPicker";
import { withDataset } from "../model/starter";
import { formatInstant, t } from "../strings";
import { Empty, Loaded, Page, Waiting } from "../ui/Page";

const PortTable = lazy(() => import("../data/PortTable").then((module) => ({ default: module.PortTable })));
const Lineage = lazy(() => import("../run/Lineage"));

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
                      <Badge variant="default">{t.data.status[one.status] ?? one.status}</Badge>
                    </Group>
                    <small>
                      {one.rows === null ? one.filename : `${t.table.rows(one.rows)}, ${t.table.columns(one.columns.length)}`} · {formatInstant(one.created_at)}
                    </small>
                  </Link>
                ))}
              </div>
              <Title order={2} size="h4">
                {t.data.samples}
              </Title>
              <div className="cards">
                {found.samples.map((one) => (
                  <Sample key={String(one.id)} sample={one} />
                ))}
              </div>
            </>
          )}
        </Loaded>
      </Stack>
    </Page>
  );
}

function Sample({ sample }: { sample: Record<string, unknown> }) {
  const open = useOpen();
  const rows = typeof sample.rows === "number" ? t.table.rows(sample.rows) : "";
  return (
    <div className="card calm">
      <Link href={`/data/${String(sample.id)}`}>{String(sample.title)}</Link>
      <span>{String(sample.description)}</span>
      <small>{rows}</small>
      <Button size="compact-xs" variant="default" style={{ alignSelf: "flex-start" }} aria-label={t.site.useOf(String(sample.title))} onClick={() => void open({ ...withDataset(String(sample.id)), name: String(sample.title) })}>
        {t.site.use}
      </Button>
    </div>
  );
}

interface Profile {
  columns: ColumnProfile[];
  rows: number;
  preview: { rows: unknown[][] };
  /** The file of all rows. */
  file?: { bytes: number } | null;
}

const LOOK_MS = 500;

export function DatasetPage({ dataset }: { dataset: string }) {
  const query = useDataset(dataset);
  const cache = useQueryClient();
  const [, navigate] = useLocation();
  const open = useOpen();
  const [sure, setSure] = useState(false);
  const reading = query.data && ["uploading", "profiling"].includes(query.data.status);
  const { refetch } = query;
  useEffect(() => {
    if (!reading) return undefined;
    const timer = setInterval(() => void refetch(), LOOK_MS);
    return () => clearInterval(timer);
  }, [reading, refetch]);
  const attempt = async (act: () => Promise<unknown>) => {
    try {
      await act();
      await cache.invalidateQueries({ queryKey: ["datasets"] });
      return true;
    } catch (error) {
      notifications.show({ color: "red", message: error instanceof Error ? error.message : String(error) });
      return false;
    }
  };
  const path = { dataset };
  const declare = (target: string | null) => attempt(() => api.PUT("/api/datasets/{dataset}/target", { params: { path }, body: { target } }));
  const remove = async () => {
    if (await attempt(() => api.DELETE("/api/datasets/{dataset}", { params: { path } }))) navigate("/data");
  };
  return (
    <Page
      title={query.data?.name ?? t.data.title}
      wide
      actions={
        <Group gap="xs">
          {query.data?.status === "ready" && <Button onClick={() => void open({ ...withDataset(dataset, query.data), name: query.data?.name ?? "" })}>{t.site.use}</Button>}
          {query.data?.download && (
            <Button component="a" href={query.data.download} download variant="default">
              {t.panel.download}
            </Button>
          )}
          {!dataset.startsWith("sample:") && (
            <Button variant={sure ? "filled" : "default"} color={sure ? "red" : undefined} onBlur={() => setSure(false)} onClick={() => (sure ? void remove() : setSure(true))}>
              {sure ? t.site.really : t.data.delete}
            </Button>
          )}
        </Group>
      }
    >
      <Loaded query={query}>
        {(found) => {
          const profile = found.profile as unknown as Profile | null;
          return (
            <Stack>
              <Group>
                <Badge variant="default">{t.data.status[found.status] ?? found.status}</Badge>
                <Text size="sm">
                  {[found.filename, found.rows === null ? "" : `${t.table.rows(found.rows)}, ${t.table.columns(found.columns.length)}`, found.bytes ? t.plot.bytes(found.bytes) : ""].filter(Boolean).join(" · ")}
                </Text>
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
              <Suspense fallback={<Waiting />}>
                {profile && <PortTable name={found.name} id={found.id} preview={{ row_count: profile.rows, columns: profile.columns, rows: profile.preview.rows }} address={found.table} bytes={profile.file?.bytes ?? null} height={560} />}
                {found.status === "ready" && <Lineage of={`dataset:${dataset}`} title={t.site.usedBy} />}
              </Suspense>
            </Stack>
          );
        }}
      </Loaded>
    </Page>
  );
}
