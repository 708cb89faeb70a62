import { Alert, Button, Center, Container, Group, Loader, Stack, Text, Title } from "@mantine/core";
import { Component, type ReactNode } from "react";
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

/** What a query gives, or that it is on its way, or why it failed and how to go on. */
export function Loaded<T>({ query, children }: { query: Loading<T>; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error) {
    return (
      <Alert color="red" title={query.error.message} role="alert">
        <Button variant="default" size="xs" onClick={() => query.refetch()}>
          {t.common.retry}
        </Button>
      </Alert>
    );
  }
  return <Waiting />;
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
