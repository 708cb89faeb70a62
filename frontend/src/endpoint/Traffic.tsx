import { Button, Group, Stack, Text, TextInput, Title } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, data } from "../api/client";
import { Drawn } from "../charts/Drawn";
import type { Bars, Lines } from "../charts/forms";
import { formatNumber, formatTime, t } from "../strings";
import { Empty, Loaded } from "../ui/Page";
import { LOOK_MS, useTraffic } from "./traffic";

/** Requests and latency, day by day. */
export function Traffic({ endpoint }: { endpoint: string }) {
  const query = useTraffic(endpoint);
  return (
    <section aria-label={t.site.traffic}>
      <Title order={2} size="h4" mb="xs">
        {t.site.traffic}
      </Title>
      <Loaded query={query}>
        {(days) => {
          if (days.every((day) => day.requests === 0)) return <Empty text={t.site.noTraffic} />;
          const names = days.map((day) => day.day.slice(5));
          const requests: Bars = { form: "bars", name: t.site.requests, x: t.site.day, y: t.site.requests, names, series: [{ name: t.site.requests, values: days.map((day) => day.requests) }] };
          const line = (name: string, values: (number | null)[]) => ({ name, x: names, y: values });
          const latency: Lines = {
            form: "lines",
            name: t.plot.latency,
            x: t.site.day,
            y: "ms",
            axis: "category",
            dots: true,
            series: [line(t.site.median, days.map((day) => day.p50_ms)), line(t.site.slow, days.map((day) => day.p95_ms))],
          };
          return (
            <div className="charts-grid">
              <Drawn form={requests} note={days.some((day) => day.part) ? t.site.partOfDay : undefined} />
              <Drawn form={latency} />
            </div>
          );
        }}
      </Loaded>
    </section>
  );
}

/** What was asked and answered on a day, newest first. */
export function PredictionLog({ endpoint }: { endpoint: string }) {
  const [day, setDay] = useState(() => new Date().toISOString().slice(0, 10));
  const query = useInfiniteQuery({
    queryKey: ["predictions", endpoint, day],
    enabled: /^\d{4}-\d{2}-\d{2}$/.test(day),
    initialPageParam: null as string | null,
    refetchInterval: LOOK_MS,
    queryFn: async ({ pageParam }) => data(await api.GET("/api/endpoints/{endpoint}/predictions", { params: { path: { endpoint }, query: { day, limit: 20, ...(pageParam ? { cursor: pageParam } : {}) } } })),
    getNextPageParam: (page) => page.next_cursor,
  });
  const head = [t.site.at, t.models.version, t.site.asked, t.site.answered, t.site.truthShort, t.site.took, t.site.id];
  return (
    <section aria-label={t.site.log}>
      <Group justify="space-between" align="flex-end" mb="xs">
        <div>
          <Title order={2} size="h4">
            {t.site.log}
          </Title>
          <Text size="sm" c="dimmed">
            {t.site.logHint}
          </Text>
        </div>
        <TextInput type="date" label={t.site.logDay} value={day} onChange={(event) => setDay(event.currentTarget.value)} />
      </Group>
      <Loaded query={query}>
        {(found) => {
          const items = found.pages.flatMap((page) => page.items);
          if (items.length === 0) return <Empty text={t.site.logEmpty} />;
          return (
            <Stack>
              <div className="scroll" tabIndex={0} role="region" aria-label={t.site.log}>
                <table className="grid plain-rows">
                  <thead>
                    <tr>
                      {head.map((one) => (
                        <th key={one} scope="col">
                          {one}
                        </th>
                      ))}
                    </tr>
                  </thead>
                  <tbody>
                    {items.map((one) => (
                      <tr key={one.id}>
                        <td>{formatTime(`${one.at.replace(/(Z|\+00:00)$/, "")}Z`)}</td>
                        <td>{one.version}</td>
                        <td>{brief(one.inputs)}</td>
                        <td>{brief(one.outputs)}</td>
                        <td>{one.truth ? brief([one.truth]) : "–"}</td>
                        <td>{formatNumber(one.latency_ms, 1)} ms</td>
                        <td>
                          <small>{one.id.slice(0, 8)}</small>
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
              {query.hasNextPage && (
                <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()} style={{ alignSelf: "flex-start" }}>
                  {t.order.more}
                </Button>
              )}
            </Stack>
          );
        }}
      </Loaded>
    </section>
  );
}

const MOST_CHARACTERS = 160;

/** The first row in words, and how many more there are. */
function brief(rows: Record<string, unknown>[]): string {
  const first = Object.entries(rows[0] ?? {})
    .map(([name, value]) => `${name}: ${typeof value === "object" && value !== null ? Object.entries(value).map(([key, one]) => `${key} ${typeof one === "number" ? formatNumber(one) : String(one)}`).join(", ") : typeof value === "number" ? formatNumber(value) : String(value ?? "–")}`)
    .join(" · ");
  const cut = first.length > MOST_CHARACTERS ? `${first.slice(0, MOST_CHARACTERS)}…` : first;
  return rows.length > 1 ? `${cut} (+${formatNumber(rows.length - 1)})` : cut;
}
