import { Badge, Button, Group, Modal, Switch, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { api, data, type Schemas } from "../api/client";
import { telling } from "../model/revisions";
import type { NodeTypes, Workflow } from "../model/types";
import { formatInstant, t } from "../strings";
import { Loaded } from "../ui/Page";
import { Changes, DiffPicture } from "./Changes";
import { useCanvas, useDocument } from "./store";
import { show } from "./view";

type Revision = Schemas["RevisionSummary"];

/** Every save, by name or by time; what became of it since, and the way back. */
export default function Versions({ workflow, types }: { workflow: string; types: NodeTypes }) {
  const list = useInfiniteQuery({
    queryKey: ["revisions", workflow],
    initialPageParam: "",
    queryFn: async ({ pageParam: cursor }) =>
      data(await api.GET("/api/workflows/{workflow}/revisions", { params: { path: { workflow }, query: { limit: 100, ...(cursor ? { cursor } : {}) } } })),
    getNextPageParam: (page) => page.next_cursor,
    staleTime: 0,
  });
  const [every, setEvery] = useState(false);
  const [chosen, setChosen] = useState<Revision | null>(null);
  const all = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  const shown = every ? all : telling(all);
  const current = useCanvas((state) => state.revision);
  return (
    <Modal opened onClose={() => show({ versions: false })} title={t.versions.title} size="90%" closeButtonProps={{ "aria-label": t.common.close }}>
      <Text size="sm" mb="sm">
        {t.versions.text}
      </Text>
      <div className="versions">
        <Loaded query={{ data: list.data, error: list.error, refetch: list.refetch }}>
          {() => (
            <nav aria-label={t.versions.list}>
              <Switch mb="xs" size="xs" label={t.versions.all} checked={every} onChange={(event) => setEvery(event.currentTarget.checked)} />
              {shown.map((one) => (
                <button key={one.revision} type="button" className="version" aria-pressed={chosen?.revision === one.revision} onClick={() => setChosen(one)}>
                  <b>{one.name || t.versions.revision(one.revision)}</b>
                  {one.revision === current && <Badge variant="light">{t.versions.current}</Badge>}
                  <small>{formatInstant(one.created_at)}</small>
                </button>
              ))}
              {list.hasNextPage && (
                <Button variant="default" size="xs" mt="xs" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
                  {t.versions.more}
                </Button>
              )}
            </nav>
          )}
        </Loaded>
        {chosen && <Version key={chosen.revision} workflow={workflow} revision={chosen} types={types} />}
      </div>
    </Modal>
  );
}

function Version({ workflow, revision, types }: { workflow: string; revision: Revision; types: NodeTypes }) {
  const now = useDocument();
  const number = String(revision.revision);
  const record = useQuery({
    queryKey: ["revisions", workflow, number],
    staleTime: Infinity,
    queryFn: async () => data(await api.GET("/api/workflows/{workflow}/revisions/{revision}", { params: { path: { workflow, revision: number } } })).document as unknown as Workflow,
  });
  const restore = (document: Workflow) => {
    const { edit, select } = useCanvas.getState();
    select(new Set());
    edit(document);
    show({ versions: false });
    notifications.show({ message: t.versions.restored(revision.revision) });
  };
  return (
    <section aria-label={revision.name || t.versions.revision(revision.revision)}>
      <Loaded query={record}>
        {(document) => (
          <>
            <Group align="flex-end">
              <Name workflow={workflow} revision={revision} />
              <Button size="xs" onClick={() => restore(document)}>
                {t.versions.restore}
              </Button>
            </Group>
            <h3 className="group-title">{t.versions.changes}</h3>
            <DiffPicture before={document} after={now} />
            <Changes before={document} after={now} types={types} empty={t.versions.same} />
          </>
        )}
      </Loaded>
    </section>
  );
}

function Name({ workflow, revision }: { workflow: string; revision: Revision }) {
  const cache = useQueryClient();
  const [name, setName] = useState(revision.name ?? "");
  const keep = async () => {
    if (name.trim() === (revision.name ?? "")) return;
    try {
      await api.PUT("/api/workflows/{workflow}/revisions/{revision}/name", { params: { path: { workflow, revision: String(revision.revision) } }, body: { name } });
      await cache.invalidateQueries({ queryKey: ["revisions", workflow], exact: true });
      notifications.show({ message: t.versions.named });
    } catch (error) {
      notifications.show({ color: "red", message: error instanceof Error ? error.message : String(error) });
    }
  };
  return (
    <TextInput
      size="xs"
      w={280}
      label={t.versions.name}
      value={name}
      maxLength={200}
      onChange={(event) => setName(event.currentTarget.value)}
      onBlur={() => void keep()}
      onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
    />
  );
}
