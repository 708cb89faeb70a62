import type { Metrics } from "./types";

/** Which end of a figure is better, by the catalogue's vocabulary; undefined for a baseline, a spread, and what it does not know. The figures of further models carry their port in front. */
export function better(name: string, known: Metrics): "low" | "high" | undefined {
  const plain = name.replace(/^(second|third|fourth)_/, "").replace(/^train_/, "");
  const higher = Object.hasOwn(known, plain) ? known[plain]?.higher_is_better : name === "best_score" ? true : undefined;
  return higher === undefined || higher === null ? undefined : higher ? "high" : "low";
}

const PART = /^(second|third|fourth|train|baseline)_(.+)$/;

/** A figure in the catalogue's words; what it does not know is read as it is written. */
export function metricTitle(name: string, known: Metrics): string {
  const [, part, plain = name] = PART.exec(name) ?? [];
  const title = Object.hasOwn(known, plain) ? known[plain]?.title : undefined;
  return [part, title ?? plain.replaceAll("_", " ")].filter(Boolean).join(": ");
}
