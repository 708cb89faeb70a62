import { Group, Stack, Text, Title } from "@mantine/core";
import type { Schemas } from "../api/client";
import { Drawn } from "../charts/Drawn";
import type { Bars, Lines } from "../charts/forms";
import { feedback } from "../model/calls";
import { t } from "../strings";
import { Loaded } from "../ui/Page";
import { Copy, Snippet } from "./Snippet";
import { useTraffic } from "./traffic";

interface TruthProps {
  endpoint: string;
  url: string;
  apiKey: string | null;
  classes: readonly string[];
}

/** How right the answers turned out to be, by the day of the prediction; and how to say what was true, where nobody has. */
export function Truth({ endpoint, url, apiKey, classes }: TruthProps) {
  const query = useTraffic(endpoint);
  const text = feedback(new URL(`.${url}`, window.location.href).href, apiKey ?? "YOUR_KEY", classes[0] ?? 12.5);
  return (
    <section aria-label={t.site.truth}>
      <Title order={2} size="h4" mb="xs">
        {t.site.truth}
      </Title>
      <Loaded query={query}>
        {(days) => {
          const sum = (name: "rows" | "truths" | "replaced") => days.reduce((total, day) => total + day[name], 0);
          return (
            <Stack gap="sm">
              <Text size="sm" data-testid="truths">
                {sum("truths") ? t.site.truthOf(sum("truths"), sum("rows"), sum("replaced")) : t.site.truthNone}
              </Text>
              {sum("truths") ? (
                <Figures days={days} />
              ) : (
                <>
                  <Snippet name={t.site.truthCall} text={text} testId="feedback" />
                  <Group>
                    <Copy text={text} />
                  </Group>
                </>
              )}
            </Stack>
          );
        }}
      </Loaded>
    </section>
  );
}

function Figures({ days }: { days: Schemas["TrafficDay"][] }) {
  const names = days.map((day) => day.day.slice(5));
  const counts: Bars = {
    form: "bars",
    name: t.site.truthCounts,
    x: t.site.day,
    y: t.site.rowsOf,
    names,
    series: [
      { name: t.site.predicted, values: days.map((day) => day.rows) },
      { name: t.site.known, values: days.map((day) => day.truths) },
    ],
  };
  const line = (name: string, values: (number | null)[]): Lines => ({ form: "lines", name, x: t.site.day, y: name, axis: "category", dots: true, series: [{ name, x: names, y: values }] });
  const figures = [{ ...line(t.site.accuracy, days.map((day) => day.accuracy)), unit: true }, line(t.site.meanError, days.map((day) => day.mean_error))];
  return (
    <div className="charts-grid">
      <Drawn form={counts} note={t.site.truthDay} />
      {figures
        .filter((one) => one.series[0]?.y.some((value) => value !== null))
        .map((one) => (
          <Drawn key={one.name} form={one} />
        ))}
    </div>
  );
}
