import { Button, Stack, Text, Title } from "@mantine/core";
import type { Schemas } from "../api/client";
import { useDatasets, useLineage } from "../api/queries";
import { useOpen } from "../canvas/transfer";
import type { Feature } from "../model/whatif";
import { driftCheck } from "../model/starter";
import { t } from "../strings";
import { Truth } from "./Truth";

const DATASET = "dataset:";

interface MonitoringProps {
  endpoint: Schemas["Endpoint"];
  features: readonly Feature[];
  apiKey: string | null;
}

/** Whether what is live is still right, and whether it is still asked what it has learned. */
export function Monitoring({ endpoint, features, apiKey }: MonitoringProps) {
  return (
    <Stack gap="xl">
      <Truth endpoint={endpoint.id} url={endpoint.url} apiKey={apiKey} classes={endpoint.classes} />
      <Drift endpoint={endpoint} features={features} />
    </Stack>
  );
}

/** A drift check is a workflow like any other: drawn with one click, and everybody sees what it compares. */
function Drift({ endpoint, features }: { endpoint: Schemas["Endpoint"]; features: readonly Feature[] }) {
  const lineage = useLineage(`endpoint:${endpoint.id}`);
  const datasets = useDatasets();
  const open = useOpen();
  const learned = lineage.data?.things.find((one) => one.kind === "dataset")?.id.slice(DATASET.length);
  const known = datasets.data?.items.find((one) => one.id === learned);
  return (
    <section aria-label={t.site.driftTitle}>
      <Title order={2} size="h4" mb="xs">
        {t.site.driftTitle}
      </Title>
      <Stack gap="sm" align="flex-start">
        <Text size="sm">{lineage.data && !learned ? t.site.driftNowhere : t.site.driftText}</Text>
        {learned && (
          <Button variant="default" onClick={() => void open(driftCheck(endpoint.name, features.map((one) => one.name), learned, known))}>
            {t.site.driftDraw}
          </Button>
        )}
      </Stack>
    </section>
  );
}
