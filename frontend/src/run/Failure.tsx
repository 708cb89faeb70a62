import { Alert, Button, Group } from "@mantine/core";
import { t } from "../strings";

/** A change of the drawing that may mend a failure. */
export interface Fix {
  title: string;
  act: () => void;
}

interface FailureProps {
  error: Record<string, unknown>;
  log: string;
  fixes?: readonly Fix[];
}

/** A failed node: what, where, why and what now, the ways out as buttons, and the raw log folded. */
export function Failure({ error, log, fixes = [] }: FailureProps) {
  return (
    <Alert color="red" variant="light" title={String(error.message)} role="alert">
      {error.field ? (
        <div>
          <b>{t.order.where}:</b> {String(error.field)}
        </div>
      ) : null}
      {error.hint ? (
        <div>
          <b>{t.panel.whatNow}:</b> {String(error.hint)}
        </div>
      ) : null}
      {fixes.length > 0 && (
        <Group gap={6} mt={6}>
          {fixes.map((fix) => (
            <Button key={fix.title} size="compact-xs" variant="default" onClick={fix.act}>
              {fix.title}
            </Button>
          ))}
        </Group>
      )}
      {log && (
        <details className="raw-log">
          <summary>{t.panel.rawLog}</summary>
          <pre className="log" tabIndex={0} aria-label={t.panel.rawLog}>
            {log}
          </pre>
        </details>
      )}
    </Alert>
  );
}
