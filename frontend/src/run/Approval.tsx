import { Alert, Button, Group, TextInput } from "@mantine/core";
import { useState } from "react";
import { useDecision } from "../api/queries";
import { t } from "../strings";

/** A run waits for a person at this node: answer here. */
export function Approval({ run, node }: { run: string; node: string }) {
  const [note, setNote] = useState("");
  const decide = useDecision();
  const answer = (approve: boolean) => decide.mutate({ run, node, approve, note });
  return (
    <Alert title={t.order.question} color="blue" variant="light" data-testid="approval">
      <TextInput size="xs" label={t.order.note} value={note} maxLength={200} onChange={(event) => setNote(event.currentTarget.value)} />
      <Group gap={6} mt={8}>
        <Button size="xs" loading={decide.isPending} onClick={() => answer(true)}>
          {t.order.approve}
        </Button>
        <Button size="xs" variant="default" loading={decide.isPending} onClick={() => answer(false)}>
          {t.order.reject}
        </Button>
      </Group>
      {decide.error && <p role="alert">{decide.error.message}</p>}
    </Alert>
  );
}
