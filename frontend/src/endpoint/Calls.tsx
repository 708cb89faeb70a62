import { Group, SegmentedControl, Text, Title } from "@mantine/core";
import { useState } from "react";
import { curl, javascript, python } from "../model/calls";
import { t } from "../strings";
import { Copy, Snippet } from "./Snippet";

const LANGUAGES = { curl, python, javascript };
type Language = keyof typeof LANGUAGES;

/** How to call it from elsewhere, with the row of the form. */
export function Calls({ url, apiKey, row }: { url: string; apiKey: string | null; row: Record<string, unknown> }) {
  const [language, setLanguage] = useState<Language>("curl");
  const address = new URL(`.${url}`, window.location.href).href;
  const text = LANGUAGES[language](address, apiKey ?? "YOUR_KEY", row);
  return (
    <section aria-label={t.endpoints.code}>
      <Title order={2} size="h4">
        {t.endpoints.code}
      </Title>
      <Text size="sm" c="dimmed" mb="xs">
        {t.endpoints.codeHint}
      </Text>
      <Group justify="space-between" mb={4}>
        <SegmentedControl
          size="xs"
          aria-label={t.endpoints.code}
          value={language}
          onChange={(next) => setLanguage(next as Language)}
          data={(Object.keys(LANGUAGES) as Language[]).map((value) => ({ value, label: t.site[value] }))}
        />
        <Copy text={text} />
      </Group>
      <Snippet name={t.site[language]} text={text} testId="call" />
    </section>
  );
}
