import { Button, Group, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconPlus, IconSearch } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { api } from "../api/client";
import { createWorkflow, useWorkflows } from "../api/queries";
import { chooseFile, useImport, useOpen } from "../canvas/transfer";
import { emptyWorkflow } from "../model/document";
import type { Workflow } from "../model/types";
import { formatAgo, t } from "../strings";
import { Empty, Loaded, Page } from "../ui/Page";

/** All drawings: find one, open it, take one away, and have it back. */
export default function WorkflowsPage() {
  const workflows = useWorkflows();
  const open = useOpen();
  const take = useImport();
  const remove = useRemove();
  const [words, setWords] = useState("");
  return (
    <Page
      title={t.site.workflows}
      actions={
        <Group gap="xs">
          <Button variant="default" onClick={() => chooseFile((file) => void take(file))}>
            {t.home.import}
          </Button>
          <Button leftSection={<IconPlus size={14} aria-hidden />} onClick={() => void open(emptyWorkflow())}>
            {t.home.empty}
          </Button>
        </Group>
      }
    >
      <TextInput mb="md" w={320} aria-label={t.site.findWorkflow} placeholder={t.site.findWorkflow} leftSection={<IconSearch size={14} aria-hidden />} value={words} onChange={(event) => setWords(event.currentTarget.value)} />
      <Loaded query={workflows}>
        {(items) => {
          const found = items.filter((one) => one.name.toLowerCase().includes(words.toLowerCase()));
          return found.length === 0 ? (
            <Empty text={items.length ? t.finder.nothing : t.home.none} />
          ) : (
            <div className="cards">
              {found.map((one) => (
                <div key={one.id} className="card calm">
                  <Link href={`/workflows/${one.id}`}>{one.name}</Link>
                  <small>
                    {t.home.nodes(one.nodes)} · {t.versions.revision(one.revision)} · {formatAgo(one.updated_at)}
                  </small>
                  <Group gap={6}>
                    <Link href={`/runs?workflow=${one.id}`}>{t.runs.title}</Link>
                    <Button size="compact-xs" variant="subtle" aria-label={t.site.removeOf(one.name)} onClick={() => void remove(one.id, one.name)}>
                      {t.site.remove}
                    </Button>
                  </Group>
                </div>
              ))}
            </div>
          );
        }}
      </Loaded>
    </Page>
  );
}

const UNDO_MS = 12_000;

/** Removing asks nothing and can be taken back: the document is kept until the notice goes. */
function useRemove() {
  const cache = useQueryClient();
  return async (id: string, name: string) => {
    const path = { workflow: id };
    try {
      const kept = (await api.GET("/api/workflows/{workflow}", { params: { path } })).data?.document;
      await api.DELETE("/api/workflows/{workflow}", { params: { path } });
      const refresh = () => cache.invalidateQueries({ queryKey: ["workflows"] });
      await refresh();
      const restore = () => void createWorkflow(kept as unknown as Workflow).then(refresh);
      const words = (
        <Group justify="space-between">
          {t.site.removed(name)}
          <Button size="compact-xs" variant="default" onClick={restore}>
            {t.canvas.undo}
          </Button>
        </Group>
      );
      notifications.show({ message: words, autoClose: UNDO_MS });
    } catch (error) {
      notifications.show({ color: "red", message: error instanceof Error ? error.message : String(error) });
    }
  };
}
