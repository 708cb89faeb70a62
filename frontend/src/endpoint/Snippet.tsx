import { Button, Code, CopyButton } from "@mantine/core";
import { t } from "../strings";

/** A call to copy, reachable by keyboard where it is wider than the page. */
export function Snippet({ name, text, testId }: { name: string; text: string; testId?: string }) {
  return (
    <Code block tabIndex={0} role="region" aria-label={name} data-testid={testId}>
      {text}
    </Code>
  );
}

export function Copy({ text }: { text: string }) {
  return (
    <CopyButton value={text}>
      {({ copied, copy }) => (
        <Button size="compact-xs" variant="default" onClick={copy}>
          {copied ? t.common.copied : t.common.copy}
        </Button>
      )}
    </CopyButton>
  );
}
