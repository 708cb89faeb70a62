import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { t } from "../strings";
import { useCanvas } from "./store";
import type { Save } from "./useAutosave";

/** Two people, one workflow: both versions are there, and the person decides. */
export function ConflictDialog({ save: { conflict, flush } }: { save: Save }) {
  const load = () => {
    const { id, load: replace } = useCanvas.getState();
    if (conflict && id) replace(id, conflict.revision, conflict.document);
    void flush();
  };
  return (
    <Modal opened={conflict !== null} onClose={() => undefined} withCloseButton={false} title={t.conflict.title}>
      <Stack>
        <Text size="sm">{t.conflict.text}</Text>
        <Group>
          <Button onClick={() => void flush(conflict?.revision)}>{t.conflict.keepMine}</Button>
          <Button variant="default" onClick={load}>
            {t.conflict.loadTheirs}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
