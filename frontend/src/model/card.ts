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

export interface Section {
  title: string;
  text?: string;
  table?: { head: string[]; rows: string[][] };
}

export interface Card {
  title: string;
  text: string;
  sections: Section[];
}

const MOST_CATEGORIES = 12;

const range = (one: Feature): string => (one.categories?.length ? one.categories.slice(0, MOST_CATEGORIES).join(", ") : one.min === null || one.min === undefined ? "" : `${one.min} – ${one.max}`);

/** Tags as people write them, in the order of their names. */
export const tagsOf = (tags: Record<string, string>): string[] => Object.keys(tags).sort().map((name) => `${name}=${tags[name]}`);

const TAG = /^([a-z][a-z0-9_.-]{0,62})=(.{1,100})$/u;

/** What people wrote, as tags; null where one is none. Of two with one name the later counts. */
export function tagsFrom(words: readonly string[]): Record<string, string> | null {
  const found = words.map((word) => TAG.exec(word.trim()));
  if (found.some((one) => one === null)) return null;
  return Object.fromEntries(found.map((one) => [one?.[1] ?? "", one?.[2] ?? ""]));
}

/** A model version in words: what it is for, what it takes, how good it is, where it comes from, where it ends. Pure. */
export function modelCard(name: string, version: Version, aliases: readonly string[]): Card {
  const features = (version.signature.features ?? []) as Feature[];
  const lineage = version.lineage as { run?: string; workflow?: string; dataset?: string; libraries?: Record<string, string> };
  const facts: [string, string][] = [
    [t.site.card.estimator, version.estimator],
    [t.site.card.task, version.task],
    [t.site.card.classes, version.classes.join(", ")],
    [t.site.card.made, formatInstant(version.created_at)],
    [t.site.card.aliases, aliases.join(", ")],
    [t.site.card.tags, tagsOf(version.tags).join(", ")],
    [t.site.card.run, lineage.run ?? ""],
    [t.site.card.data, lineage.dataset ?? ""],
    [t.models.libraries, Object.entries(lineage.libraries ?? {}).map(([library, number]) => `${library} ${number}`).join(", ")],
    ["SHA-256", version.sha256],
  ];
  const show = (value: unknown): string => (typeof value === "number" ? formatNumber(value, 4) : "–");
  const figures = Object.entries(version.metrics).filter(([figure]) => !figure.startsWith("baseline_"));
  return {
    title: `${name}, ${t.models.version.toLowerCase()} ${version.version}`,
    text: version.description ?? "",
    sections: [
      { title: t.site.card.about, table: { head: [t.run.what, t.charts.value], rows: facts.filter(([, value]) => value) } },
      {
        title: t.models.metrics,
        table: { head: [t.models.figure, t.charts.value, t.plot.baseline], rows: figures.map(([figure, value]) => [figure.replaceAll("_", " "), show(value), show(version.metrics[`baseline_${figure}`])]) },
      },
      { title: t.models.signature, table: { head: [t.charts.feature, t.plot.type, t.site.card.seen], rows: features.map((one) => [one.name, t.table.types[one.type] ?? one.type, range(one)]) } },
      { title: t.site.card.limits, text: t.site.card.limitsText },
    ],
  };
}

/** The card as a page of Markdown, to be kept beside the model. Pure. */
export function asMarkdown({ title, text, sections }: Card): string {
  const parts = sections.flatMap((one) => [`## ${one.title}`, ...(one.text ? [one.text] : []), ...(one.table ? [table(one.table.head, one.table.rows)] : [])]);
  return `${[`# ${plain(title)}`, ...(text ? [plain(text)] : []), ...parts].join("\n\n")}\n`;
}

const table = (head: string[], rows: string[][]): string => [head, head.map(() => "---"), ...rows].map((row) => `| ${row.map(plain).join(" | ")} |`).join("\n");

/** Words that cannot break out of a cell or become markup. */
const plain = (text: string): string => text.replaceAll(/\s+/g, " ").replaceAll(/[\\`*_[\]<>|#]/g, "\\$&").replaceAll("\\_", "_");
