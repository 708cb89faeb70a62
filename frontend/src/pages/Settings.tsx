import { Alert, Button, Code, Group, SegmentedControl, Stack, Text, TextInput, Title, useMantineColorScheme } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, data } from "../api/client";
import { useTokens } from "../api/queries";
import { formatInstant, t } from "../strings";
import { Loaded, Page } from "../ui/Page";

export default function SettingsPage() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Page title={t.settings.title}>
      <Stack gap="xl">
        <section aria-label={t.settings.theme}>
          <Title order={2} size="h4" mb="xs">
            {t.settings.theme}
          </Title>
          <SegmentedControl aria-label={t.settings.theme} value={colorScheme} onChange={(value) => setColorScheme(value as "light" | "dark" | "auto")} data={["auto", "light", "dark"]} />
        </section>
        <Tokens />
      </Stack>
    </Page>
  );
}

function Tokens() {
  const tokens = useTokens();
  const cache = useQueryClient();
  const [name, setName] = useState("");
  const [made, setMade] = useState<string | null>(null);
  const create = async () => {
    const token = data(await api.POST("/api/tokens", { body: { name, days: 90 } }));
    setMade(token.token);
    setName("");
    await cache.invalidateQueries({ queryKey: ["tokens"] });
  };
  const revoke = async (token: string) => {
    await api.DELETE("/api/tokens/{token}", { params: { path: { token } } });
    await cache.invalidateQueries({ queryKey: ["tokens"] });
  };
  return (
    <section aria-label={t.settings.tokens}>
      <Title order={2} size="h4" mb="xs">
        {t.settings.tokens}
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        {t.settings.tokensText}
      </Text>
      <Loaded query={tokens}>
        {(items) => (
          <Stack gap="xs" align="flex-start">
            {items.map((token) => (
              <Group key={token.id}>
                <Code>{token.prefix}…</Code>
                <Text size="sm">{token.name}</Text>
                <Text size="sm" c="dimmed">
                  {formatInstant(token.created_at)}
                </Text>
                <Button size="compact-xs" variant="default" onClick={() => void revoke(token.id)} disabled={token.name === "this machine"}>
                  {t.endpoints.revoke}
                </Button>
              </Group>
            ))}
            {made && (
              <Alert title={t.settings.once}>
                <Code>{made}</Code>
              </Alert>
            )}
            <Group align="flex-end">
              <TextInput label={t.settings.name} value={name} onChange={(event) => setName(event.currentTarget.value)} />
              <Button disabled={!name.trim()} onClick={() => void create()}>
                {t.settings.create}
              </Button>
            </Group>
          </Stack>
        )}
      </Loaded>
    </section>
  );
}
