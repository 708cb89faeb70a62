import { Alert, Stack, Text } from "@mantine/core";
import type { Schemas } from "../api/client";
import { useAnswer, useQuestions } from "../api/queries";
import { formatAgo, t } from "../strings";
import { Answer } from "./Approval";

/** What waits for your answer, whoever's run it is; nothing where nothing does. */
export function Questions() {
  const { data } = useQuestions();
  if (!data?.length) return null;
  return (
    <section aria-label={t.order.questions}>
      <h2 className="group-title">{t.order.questions}</h2>
      <Stack gap="sm">
        {data.map((one) => (
          <Question key={`${one.run} ${one.node}`} question={one} />
        ))}
      </Stack>
    </section>
  );
}

function Question({ question: one }: { question: Schemas["Question"] }) {
  const answer = useAnswer();
  return (
    <Alert title={one.question} color="blue" variant="light" data-testid="question">
      <Text size="sm">{t.order.askedBy(one.asked_by, one.workflow_name, formatAgo(one.asked_at))}</Text>
      {one.about.map((words) => (
        <Text size="sm" key={words}>
          {words}
        </Text>
      ))}
      <Answer busy={answer.isPending} error={answer.error} onAnswer={(approve, note) => answer.mutate({ run: one.run, node: one.node, approve, note })} />
    </Alert>
  );
}
