import type { Schemas } from "../api/client";
import { formatInstant, formatNumber, t } from "../strings";

type Version = Schemas["ModelVersion"];

interface Feature {
  name: string;
  type: string;
  min?: number | string | null;
  max?: number | string | null;
  categories?: string[];
}

/** A model version as a page of Markdown: what it is for, what it takes, how good it is, where it comes from. Pure. */
export function modelCard(name: string, version: Version, aliases: readonly string[]): string {
  const features = (version.signature.features ?? []) as Feature[];
  const lineage = version.lineage as { run?: string; workflow?: string; dataset?: string; libraries?: Record<string, string> };
  const rows: [string, string][] = [
    [t.site.card.estimator, version.estimator],
    [t.site.card.task, version.task],
    [t.site.card.classes, version.classes.join(", ")],
    [t.site.card.made, formatInstant(version.created_at)],
    [t.site.card.aliases, aliases.join(", ")],
    [t.site.card.run, lineage.run ?? ""],
    [t.site.card.data, lineage.dataset ?? ""],
    [t.models.libraries, Object.entries(lineage.libraries ?? {}).map(([library, number]) => `${library} ${number}`).join(", ")],
    ["SHA-256", version.sha256],
  ];
  const range = (one: Feature) => (one.categories?.length ? one.categories.slice(0, 12).join(", ") : one.min === null || one.min === undefined ? "" : `${one.min} – ${one.max}`);
  return [
    `# ${plain(name)}, ${t.models.version.toLowerCase()} ${version.version}`,
    ...(version.description ? ["", plain(version.description)] : []),
    "",
    table([t.run.what, t.charts.value], rows.filter(([, value]) => value)),
    "",
    `## ${t.models.metrics}`,
    "",
    table([t.models.figure, t.charts.value], Object.entries(version.metrics).map(([figure, value]) => [figure.replaceAll("_", " "), typeof value === "number" ? formatNumber(value, 4) : "–"])),
    "",
    `## ${t.models.signature}`,
    "",
    table([t.charts.feature, t.plot.type, t.site.card.seen], features.map((one) => [one.name, one.type, range(one)])),
    "",
    `## ${t.site.card.limits}`,
    "",
    t.site.card.limitsText,
    "",
  ].join("\n");
}

const table = (head: string[], rows: string[][]): string => [head, head.map(() => "---"), ...rows].map((row) => `| ${row.map(plain).join(" | ")} |`).join("\n");

/** Words that cannot break out of a cell or become markup. */
const plain = (text: string): string => text.replaceAll(/\s+/g, " ").replaceAll(/[\\`*_[\]<>|#]/g, "\\$&").replaceAll("\\_", "_");
