import { Alert, Button, Code, CopyButton, Group, NumberInput, SegmentedControl, Select, Stack, Switch, Text, TextInput, Title, useMantineColorScheme } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, data, type Schemas } from "../api/client";
import { useMe, useSpending, useTokens } from "../api/queries";
import { chooseLanguage, formatInstant, language, type Language, LANGUAGES, t } from "../strings";
import { Loaded, Page } from "../ui/Page";
import { setOn, usePreference } from "../ui/preferences";

/** What is chosen for this browser (theme, language, keys), and what holds for the account (tokens, caps). */
export default function SettingsPage() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const single = usePreference("singleKeys");
  return (
    <Page title={t.settings.title}>
      <Stack gap="xl">
        <Section title={t.settings.theme}>
          <SegmentedControl
            aria-label={t.settings.theme}
            value={colorScheme}
            onChange={(value) => setColorScheme(value as "light" | "dark" | "auto")}
            data={(["auto", "light", "dark"] as const).map((value) => ({ value, label: t.settings.themes[value] }))}
          />
        </Section>
        <Section title={t.settings.language} hint={t.settings.languageHint}>
          <Select
            aria-label={t.settings.language}
            w={240}
            value={language}
            allowDeselect={false}
            data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
            onChange={(next) => next && next !== language && chooseLanguage(next as Language)}
          />
        </Section>
        <Section title={t.settings.keys} hint={t.settings.singleKeysHint}>
          <Switch label={t.settings.singleKeys} checked={single} onChange={(event) => setOn("singleKeys", event.currentTarget.checked)} />
        </Section>
        <Tokens />
        <Caps />
        <About />
        <Places />
      </Stack>
    </Page>
  );
}

function Section({ title, hint, children }: { title: string; hint?: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <Title order={2} size="h4" mb="xs">
        {title}
      </Title>
      {hint && (
        <Text size="sm" c="dimmed" mb="sm">
          {hint}
        </Text>
      )}
      {children}
    </section>
  );
}

const complain = (error: unknown) => notifications.show({ color: "red", message: error instanceof Error ? error.message : String(error) });

function Tokens() {
  const tokens = useTokens();
  const cache = useQueryClient();
  const [name, setName] = useState("");
  const [made, setMade] = useState<string | null>(null);
  const create = async () => {
    try {
      const token = data(await api.POST("/api/tokens", { body: { name, days: 90 } }));
      setMade(token.token);
      setName("");
      await cache.invalidateQueries({ queryKey: ["tokens"] });
    } catch (error) {
      complain(error);
    }
  };
  const revoke = async (token: string) => {
    try {
      await api.DELETE("/api/tokens/{token}", { params: { path: { token } } });
      await cache.invalidateQueries({ queryKey: ["tokens"] });
    } catch (error) {
      complain(error);
    }
  };
  return (
    <Section title={t.settings.tokens} hint={t.settings.tokensText}>
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
                <Group>
                  <Code>{made}</Code>
                  <CopyButton value={made}>
                    {({ copied, copy }) => (
                      <Button size="compact-xs" onClick={copy}>
                        {copied ? t.common.copied : t.common.copy}
                      </Button>
                    )}
                  </CopyButton>
                </Group>
              </Alert>
            )}
            <Group align="flex-end">
              <TextInput label={t.settings.name} value={name} maxLength={80} onChange={(event) => setName(event.currentTarget.value)} />
              <Button disabled={!name.trim()} onClick={() => void create()}>
                {t.settings.create}
              </Button>
            </Group>
          </Stack>
        )}
      </Loaded>
    </Section>
  );
}

function Caps() {
  const spending = useSpending();
  return (
    <Section title={t.settings.caps} hint={t.settings.capsHint}>
      <Loaded query={spending}>{(found) => <CapsForm key={JSON.stringify(found.caps)} spending={found} />}</Loaded>
    </Section>
  );
}

function CapsForm({ spending }: { spending: Schemas["Spending"] }) {
  const cache = useQueryClient();
  const [run, setRun] = useState<number | null>(spending.caps.run);
  const [month, setMonth] = useState<number | null>(spending.caps.month);
  const save = async () => {
    try {
      await api.PUT("/api/spending/caps", { body: { ...spending.caps, run, month } });
      await cache.invalidateQueries({ queryKey: ["spending"] });
      notifications.show({ message: t.settings.capsSaved });
    } catch (error) {
      complain(error);
    }
  };
  const field = (label: string, value: number | null, set: (next: number | null) => void) => (
    <NumberInput label={label} min={0} w={170} value={value ?? ""} placeholder={t.site.noCap} onChange={(next) => set(typeof next === "number" ? next : null)} />
  );
  return (
    <Stack gap="xs">
      <Group align="flex-end">
        {field(t.settings.capRun, run, setRun)}
        {field(t.settings.capMonth, month, setMonth)}
        <Button variant="default" onClick={() => void save()}>
          {t.settings.save}
        </Button>
      </Group>
      <Text size="sm" c="dimmed">
        {t.settings.prices(spending.prices_region, spending.prices_as_of)}
      </Text>
    </Stack>
  );
}

function About() {
  const me = useMe();
  return (
    <Section title={t.settings.about}>
      <Loaded query={me}>
        {(found) => (
          <dl className="facts">
            {[
              [t.settings.version, found.version],
              [t.settings.signedIn, found.user.name],
              [t.settings.where, found.local ? t.settings.local : t.settings.cloud],
              [t.settings.uploads, `${Math.round((found.limits.upload_bytes ?? 0) / 2 ** 20)} MB`],
            ].map(([title, value]) => (
              <div key={title}>
                <dt>{title}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        )}
      </Loaded>
    </Section>
  );
}

/** What is not here yet has its place: nobody looks for it elsewhere. */
function Places() {
  const places: [string, string][] = [
    [t.site.schedules, t.site.schedulesText],
    [t.site.sharing, t.site.sharingText],
    [t.site.assistant, t.site.assistantText],
  ];
  return (
    <Section title={t.site.places}>
      <ul className="bills">
        {places.map(([title, text]) => (
          <li key={title}>
            <b>{title}</b>: {text}
          </li>
        ))}
      </ul>
    </Section>
  );
}
