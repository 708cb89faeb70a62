import { Alert, Anchor, Button, Center, Container, Group, Loader, Stack, Text, Title } from "@mantine/core";
import { Component, type ReactNode } from "react";
import { ApiProblem } from "../api/client";
import { t } from "../strings";

/** A page with its title; every page but the canvas is one. */
export function Page({ title, children, actions, wide = false }: { title: string; children: ReactNode; actions?: ReactNode; wide?: boolean }) {
  return (
    <Container component="main" size={wide ? "xl" : "lg"} py="xl" id="main">
      <Group justify="space-between" mb="lg">
        <Title order={1} size="h2">
          {title}
        </Title>
        {actions}
      </Group>
      {children}
    </Container>
  );
}

interface Loading<T> {
  data: T | undefined;
  error: Error | null;
  refetch: () => unknown;
}

interface LoadedProps<T> {
  query: Loading<T>;
  children: (data: T) => ReactNode;
  /** What stands there until the answer comes; by default only words. */
  meanwhile?: ReactNode;
}

/** What a query gives, or that it is on its way, or why it failed and how to go on. What was known before stays in sight while the server is away. */
export function Loaded<T>({ query, children, meanwhile = <Waiting /> }: LoadedProps<T>) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error) return <Trouble error={query.error} onRetry={() => query.refetch()} />;
  return meanwhile;
}

/** What went wrong, in one calm sentence, and the way on. */
export function Trouble({ error, onRetry }: { error: Error; onRetry: () => unknown }) {
  const { title, text, request } = inWords(error);
  return (
    <Alert color="red" variant="light" title={title} role="alert">
      <Stack gap="xs" align="flex-start">
        {text && <Text size="sm">{text}</Text>}
        {request && (
          <Text size="xs" c="dimmed">
            {t.site.request(request)}
          </Text>
        )}
        <Group gap="xs">
          <Button variant="default" size="xs" onClick={() => onRetry()}>
            {t.common.retry}
          </Button>
          <Anchor href="#/" size="sm" underline="always">
            {t.site.home}
          </Anchor>
        </Group>
      </Stack>
    </Alert>
  );
}

function inWords(error: Error): { title: string; text: string; request: string } {
  if (!(error instanceof ApiProblem)) return { title: t.site.offlineTitle, text: t.site.offlineText, request: "" };
  const { status, detail, hint, request_id: request } = error.problem;
  if (status === 401 || status === 403) return { title: t.site.signIn, text: t.site.signInText, request };
  if (status === 404) return { title: t.site.gone, text: t.site.goneText, request: "" };
  if (status >= 500) return { title: t.site.troubled, text: t.site.troubledText, request };
  return { title: detail, text: hint ?? "", request };
}

/** Something is on its way, in words. */
export function Waiting() {
  return (
    <Center py="xl" role="status">
      <Group gap="sm">
        <Loader size="sm" aria-hidden />
        <Text>{t.common.loading}</Text>
      </Group>
    </Center>
  );
}

export function Empty({ text, children }: { text: string; children?: ReactNode }) {
  return (
    <Stack align="center" py={48} gap="md" className="empty">
      <Text c="dimmed">{text}</Text>
      {children}
    </Stack>
  );
}

/** A page that breaks says so and leaves the rest standing. */
export class Boundary extends Component<{ children: ReactNode }, { broken: Error | null }> {
  override state: { broken: Error | null } = { broken: null };

  static getDerivedStateFromError(broken: Error) {
    return { broken };
  }

  override render() {
    if (!this.state.broken) return this.props.children;
    return (
      <Page title={t.common.broken}>
        <Alert color="red" role="alert" title={this.state.broken.message}>
          <Stack align="flex-start">
            {t.common.brokenHint}
            <Button variant="default" size="xs" onClick={() => window.location.reload()}>
              {t.common.reload}
            </Button>
          </Stack>
        </Alert>
      </Page>
    );
  }
}
