import { Anchor, Button, SegmentedControl, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo, useState } from "react";
import { correlations } from "../model/correlation";
import { csv, type Row } from "../model/table";
import { t } from "../strings";
import { download } from "../ui/download";
import { Waiting } from "../ui/Page";
import type { ColumnProfile, Preview } from "./ColumnHead";
import { DataTable } from "./DataTable";

const Columns = lazy(() => import("../charts/Profile").then((module) => ({ default: module.Columns })));
const Drawn = lazy(() => import("../charts/Drawn").then((module) => ({ default: module.Drawn })));

interface PortTableProps {
  /** What it is called in files and for screen readers. */
  name: string;
  /** Names the content: the same key is loaded once. */
  id: string;
  preview: Preview;
  /** Where the whole table lies; null where only the first rows are known. */
  address: string | null;
  bytes: number | null;
  height?: number | string;
  only?: ((row: Row, columns: readonly string[]) => boolean) | undefined;
}

// So small that nobody waits: loaded without being asked.
const SMALL_BYTES = 2_000_000;
const MOST_CORRELATED = 40;

/** A table three ways: its rows, its profile, its correlations. The first rows are there at once; the others come from the stored file. */
export function PortTable({ name, id, preview, address, bytes, height = "100%", only }: PortTableProps) {
  const [view, setView] = useState("rows");
  const [asked, setAsked] = useState(false);
  const complete = preview.note ? true : preview.rows.length >= preview.row_count;
  const whole = useWhole(id, address, !complete && (asked || only !== undefined || (bytes !== null && bytes <= SMALL_BYTES)));
  const names = useMemo(() => preview.columns.map((column) => column.name), [preview]);
  const loaded = whole.data?.rows ?? preview.rows;
  const rows = useMemo(() => (only ? loaded.filter((row) => only(row, whole.data?.columns ?? names)) : loaded), [loaded, only, whole.data, names]);
  const missing = !complete && !whole.data;
  const actions = (
    <>
      {missing && address && !whole.isFetching && (
        <Button size="compact-xs" variant="default" onClick={() => setAsked(true)}>
          {t.table.loadAll}
        </Button>
      )}
      {whole.isFetching && (
        <Text size="xs" role="status">
          {t.table.loadingAll}
        </Text>
      )}
      {whole.error && (
        <Text size="xs" c="red" role="alert">
          {t.table.loadFailed(whole.error.message)}
        </Text>
      )}
      {address && (
        <Anchor href={address} size="xs" download underline="always">
          {t.table.file}
        </Anchor>
      )}
    </>
  );
  return (
    <div className="port-table" style={{ height }}>
      <SegmentedControl
        size="xs"
        aria-label={t.plot.views}
        value={view}
        onChange={setView}
        data={[
          { value: "rows", label: t.plot.viewRows },
          { value: "profile", label: t.plot.viewProfile },
          { value: "correlations", label: t.plot.viewCorrelations },
        ]}
      />
      {preview.note && (
        <Text size="xs" c="dimmed" role="note">
          {preview.note}
        </Text>
      )}
      <Suspense fallback={<Waiting />}>
        {view === "rows" && <DataTable name={name} columns={preview.columns} rows={rows} total={only ? rows.length : preview.row_count} of={preview.row_count} actions={actions} />}
        {view === "profile" && <Profile name={name} preview={preview} />}
        {view === "correlations" && <Correlations columns={preview.columns} rows={loaded} of={preview.row_count} />}
      </Suspense>
    </div>
  );
}

const useWhole = (id: string, address: string | null, wanted: boolean) =>
  useQuery({
    queryKey: ["rows", id],
    enabled: wanted && address !== null,
    staleTime: Infinity,
    gcTime: 60_000,
    retry: false,
    queryFn: async () => (await import("./rows")).readRows(address ?? ""),
  });

function Profile({ name, preview }: { name: string; preview: Preview }) {
  const save = async () => {
    const { profileTwin } = await import("../charts/Profile");
    const { columns, rows } = profileTwin(preview.columns);
    download(`${name}-profile.csv`, new Blob([csv(columns, rows)], { type: "text/csv" }));
  };
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={t.plot.profile}>
      <Button size="compact-xs" variant="default" mb="xs" onClick={() => void save()}>
        {t.plot.profileCsv}
      </Button>
      <Columns columns={preview.columns} rows={preview.row_count} />
    </div>
  );
}

function Correlations({ columns, rows, of }: { columns: readonly ColumnProfile[]; rows: readonly Row[]; of: number }) {
  const places = useMemo(() => columns.flatMap((column, at) => (["integer", "number", "boolean"].includes(column.type) ? [at] : [])).slice(0, MOST_CORRELATED), [columns]);
  const values = useMemo(() => correlations(rows, places), [rows, places]);
  if (places.length < 2) return <p className="plot-note">{t.plot.tooFewNumbers}</p>;
  const names = places.map((at) => columns[at]?.name ?? "");
  const still = names.filter((_, at) => values[at]?.[at] === null);
  const note = [rows.length < of ? t.plot.correlationRows(rows.length, of) : "", still.length ? t.order.noFigure(still) : ""].filter(Boolean).join(" ") || undefined;
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={t.plot.viewCorrelations}>
      <Drawn form={{ form: "heat", name: t.plot.viewCorrelations, x: names, y: names, values, low: -1, high: 1, measure: t.plot.pearson }} note={note} />
    </div>
  );
}
