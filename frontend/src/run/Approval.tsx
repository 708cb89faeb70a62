import { Alert, Button, Group, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useDecision, useMe } from "../api/queries";
import { t } from "../strings";

/** A run waits for a person at this node: answer here, where nobody else is named. */
export function Approval({ run, node, approvers, question }: { run: string; node: string; approvers: string[]; question: string | null }) {
  const decide = useDecision();
  const me = useMe().data?.user.name;
  const mine = approvers.length === 0 || (me !== undefined && approvers.includes(me));
  return (
    <Alert title={mine ? t.order.question : t.order.waitingFor(approvers, 0)} color="blue" variant="light" data-testid="approval">
      {question && <Text fw={600}>{question}</Text>}
      {approvers.length > 0 && <Text size="sm">{mine ? t.order.mayAnswer(approvers) : t.order.othersAnswer}</Text>}
      {mine && <Answer busy={decide.isPending} error={decide.error} onAnswer={(approve, note) => decide.mutate({ run, node, approve, note })} />}
    </Alert>
  );
}

/** A note, and yes or no. */
export function Answer({ busy, error, onAnswer }: { busy: boolean; error: Error | null; onAnswer: (approve: boolean, note: string) => void }) {
  const [note, setNote] = useState("");
  return (
    <>
      <TextInput size="xs" label={t.order.note} value={note} maxLength={200} onChange={(event) => setNote(event.currentTarget.value)} />
      <Group gap={6} mt={8}>
        <Button size="xs" loading={busy} onClick={() => onAnswer(true, note)}>
          {t.order.approve}
        </Button>
        <Button size="xs" variant="default" loading={busy} onClick={() => onAnswer(false, note)}>
          {t.order.reject}
        </Button>
      </Group>
      {error && <p role="alert">{error.message}</p>}
    </>
  );
}
