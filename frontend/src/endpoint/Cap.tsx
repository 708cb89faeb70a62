import { Button, Group, NumberInput, Stack, Text, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, data, type Schemas } from "../api/client";
import { withEndpointCap } from "../model/caps";
import { formatDollars, t } from "../strings";

/** Dollars of a month at which the endpoint stops answering; an empty field is no cap. */
export function Cap({ endpoint, found }: { endpoint: string; found: Schemas["MonthView"] }) {
  const cache = useQueryClient();
  const [cap, setCap] = useState<number | null>(found.cap_usd);
  const save = async () => {
    try {
      // Caps are set all together: those that are there are read in this moment and kept.
      const { caps } = data(await api.GET("/api/spending"));
      await api.PUT("/api/spending/caps", { body: withEndpointCap(caps, endpoint, cap) });
      await Promise.all(["spending", "endpoints"].map((name) => cache.invalidateQueries({ queryKey: [name] })));
      notifications.show({ message: t.endpoints.capSaved(cap === null ? null : formatDollars(cap)) });
    } catch (error) {
      notifications.show({ color: "red", message: error instanceof Error ? error.message : String(error) });
    }
  };
  return (
    <section aria-label={t.endpoints.cap}>
      <Title order={2} size="h4" mb="xs">
        {t.endpoints.cap}
      </Title>
      <Stack gap="xs">
        <Group align="flex-end">
          <NumberInput label={t.endpoints.capField} min={0} max={1e6} w={170} value={cap ?? ""} placeholder={t.site.noCap} onChange={(next) => setCap(typeof next === "number" ? next : null)} />
          <Button variant="default" disabled={cap === found.cap_usd} onClick={() => void save()}>
            {t.endpoints.saveCap}
          </Button>
        </Group>
        <Text size="sm" c="dimmed">
          {t.endpoints.capHint}
        </Text>
      </Stack>
    </section>
  );
}
