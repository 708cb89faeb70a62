import { Alert, Button, Modal, Stack, TagsInput, Textarea } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, ApiProblem, type Schemas } from "../api/client";
import { tagsOf, tagsFrom } from "../model/card";
import { t } from "../strings";

const MOST_CHARACTERS = 1_000;
const MOST_TAGS = 20;

/** What people say of a version: notes and tags. Somebody else's change in between is told, and what was typed stays. */
export function EditNotes({ model, version }: { model: string; version: Schemas["ModelVersion"] }) {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button size="xs" variant="default" onClick={() => setOpened(true)}>
        {t.models.edit}
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={t.models.editOf(model, version.version)} closeButtonProps={{ "aria-label": t.common.close }}>
        {opened && <Fields model={model} version={version} onDone={() => setOpened(false)} />}
      </Modal>
    </>
  );
}

function Fields({ model, version, onDone }: { model: string; version: Schemas["ModelVersion"]; onDone: () => void }) {
  const [seen, setSeen] = useState(version.revision);
  const [notes, setNotes] = useState(version.description ?? "");
  const [tags, setTags] = useState(() => tagsOf(version.tags));
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const cache = useQueryClient();
  const read = tagsFrom(tags);
  const save = async () => {
    if (read === null) return;
    setBusy(true);
    setProblem(null);
    try {
      await api.PATCH("/api/models/{model}/versions/{version}", { params: { path: { model, version: String(version.version) }, header: { "If-Match": `"${seen}"` } }, body: { description: notes, tags: read } });
      await cache.invalidateQueries({ queryKey: ["models"] });
      notifications.show({ message: t.models.edited(version.version) });
      onDone();
    } catch (error) {
      const current = error instanceof ApiProblem && error.problem.code === "revision-conflict" ? (error.problem.current as { revision: number; description: string | null; tags: Record<string, string> }) : null;
      // Whoever saves again has seen what is there now.
      if (current) setSeen(current.revision);
      setProblem(current ? t.models.editedMeanwhile(current.description ?? "–", tagsOf(current.tags).join(", ") || "–") : error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Stack>
        {problem && (
          <Alert color="red" role="alert">
            {problem}
          </Alert>
        )}
        <Textarea label={t.models.notes} value={notes} autosize minRows={3} maxRows={10} maxLength={MOST_CHARACTERS} data-autofocus onChange={(event) => setNotes(event.currentTarget.value)} />
        <TagsInput label={t.site.card.tags} description={t.models.tagsHint} value={tags} maxTags={MOST_TAGS} acceptValueOnBlur error={read === null ? t.models.tagsWrong : null} onChange={setTags} />
        <Button type="submit" loading={busy} disabled={read === null} style={{ alignSelf: "flex-start" }}>
          {t.models.save}
        </Button>
      </Stack>
    </form>
  );
}
