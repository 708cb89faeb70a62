import { en } from "./strings/en";

/** Every text people read comes from one typed catalogue; a language is an object of this type. Numbers, dates and money follow the language through `Intl`. */
export type Strings = typeof en;

export const LANGUAGES = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof LANGUAGES;

const KEPT = "flowza-language";

/** The catalogue of the chosen language. It is set once, before the first module that reads it is loaded; another choice reloads the page. */
export let t: Strings = en;
export let language: Language = "en";

const isLanguage = (name: string | null | undefined): name is Language => name !== null && name !== undefined && Object.hasOwn(LANGUAGES, name);

/** What was chosen in the settings, or what the browser prefers. */
export function preferred(kept: string | null, wanted: readonly string[]): Language {
  if (isLanguage(kept)) return kept;
  return wanted.map((one) => one.slice(0, 2)).find(isLanguage) ?? "en";
}

/** Where storage is closed, the browser's own choice holds. */
function kept(): string | null {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

export async function loadLanguage(): Promise<void> {
  language = preferred(kept(), navigator.languages);
  if (language === "de") t = (await import("./strings/de")).de;
  document.documentElement.lang = language;
}

/** Gives false where the choice cannot be kept. */
export function chooseLanguage(next: Language): boolean {
  try {
    localStorage.setItem(KEPT, next);
  } catch {
    return false;
  }
  window.location.reload();
  return true;
}

// Formats are made when they are first used: by then the language is known, and making one takes a millisecond.
const formats = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>();

function format<F extends Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>(name: string, make: (language: string) => F): F {
  const key = `${language} ${name}`;
  const known = formats.get(key) ?? make(language);
  formats.set(key, known);
  return known as F;
}

type Digits = Intl.NumberFormatOptions;

const numbered = (value: number, name: string, options: Digits): string => format(`number ${name}`, (to) => new Intl.NumberFormat(to, options)).format(value);

/** What arithmetic leaves where nothing should be left. */
const NOISE = 1e-12;

/** A measured figure with the digits that a person reads: the larger it is the fewer decimals, and never 0 for what is only small. Whole numbers stay whole. */
export function formatNumber(value: number, digits = 3): string {
  const size = Math.abs(value);
  if (size < NOISE) return numbered(0, "zero", {});
  if (size < 1e-5 || size >= 1e15) return numbered(value, "power", { notation: "scientific", maximumSignificantDigits: 3 }).replace("E", "e");
  if (size < 0.1) return numbered(value, `small ${digits}`, { maximumSignificantDigits: Math.max(2, digits - 1) });
  const kept = Math.max(0, digits - Math.max(0, Math.floor(Math.log10(size))));
  return numbered(value, `plain ${kept}`, { maximumFractionDigits: kept });
}

/** A value at an axis or an edge: millions are short. */
export const formatTick = (value: number): string => (Math.abs(value) < 1e6 ? formatNumber(value) : numbered(value, "short", { notation: "compact", maximumSignificantDigits: 3 }));

/** A cell as the table has it: whole numbers without separators, for they may be years or codes; others to six digits at least. */
export function formatCell(value: number): string {
  const size = Math.abs(value);
  if (Number.isSafeInteger(value)) return numbered(value, "whole cell", { useGrouping: false });
  if (size < 1e-5 || size >= 1e15) return numbered(value, "power cell", { notation: "scientific", maximumSignificantDigits: 6 }).replace("E", "e");
  return size < 10_000 ? numbered(value, "cell", { maximumSignificantDigits: 6, useGrouping: false }) : numbered(value, "large cell", { maximumFractionDigits: 2 });
}

export const formatPercent = (share: number, digits = 1): string =>
  format(`percent ${digits}`, (to) => new Intl.NumberFormat(to, { style: "percent", maximumFractionDigits: digits })).format(share);

export const formatDollars = (value: number): string =>
  format("dollars", (to) => new Intl.NumberFormat(to, { style: "currency", currency: "USD", minimumFractionDigits: 2, maximumFractionDigits: 6 })).format(value);

export const formatInstant = (iso: string): string => format("instant", (to) => new Intl.DateTimeFormat(to, { dateStyle: "medium", timeStyle: "short" })).format(new Date(iso));

/** An instant of an axis as the table has it, without a time where there is none. Written without a zone it is nobody's local time. */
export function formatDay(iso: string): string {
  const whole = /^\d{4}-\d{2}-\d{2}(T00:00(:00(\.0+)?)?)?$/.test(iso);
  return format(`day ${whole}`, (to) => new Intl.DateTimeFormat(to, { dateStyle: "medium", ...(whole ? {} : { timeStyle: "short" as const }) })).format(new Date(/T/.test(iso) ? iso : `${iso}T00:00`));
}

export const formatTime = (iso: string): string => format("time", (to) => new Intl.DateTimeFormat(to, { timeStyle: "medium" })).format(new Date(iso));

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** "3 minutes ago"; beyond a week the date itself. */
export function formatAgo(iso: string, now = Date.now()): string {
  const seconds = (now - Date.parse(iso)) / 1000;
  if (seconds > 7 * 86_400) return formatInstant(iso);
  const [unit, size] = STEPS.find(([, one]) => seconds >= one) ?? ["second", 1];
  return format("ago", (to) => new Intl.RelativeTimeFormat(to, { numeric: "auto" })).format(-Math.max(0, Math.floor(seconds / size)), unit);
}

const unit = (value: number, name: string, digits: number): string =>
  format(`unit ${name} ${digits}`, (to) => new Intl.NumberFormat(to, { style: "unit", unit: name, unitDisplay: "short", minimumFractionDigits: digits, maximumFractionDigits: digits })).format(value);

/** Seconds in words short enough for a node card. */
export function formatSeconds(seconds: number): string {
  if (seconds < 1) return unit(Math.max(seconds > 0 ? 1 : 0, Math.round(seconds * 1000)), "millisecond", 0);
  return seconds < 90 ? unit(seconds, "second", 1) : unit(Math.round(seconds / 60), "minute", 0);
}

/** Words with at most so many signs; what is cut off is an ellipsis. */
export const shortened = (words: string, most: number): string => (words.length > most ? `${words.slice(0, most - 1)}…` : words);

/** What one call takes: tenths of a millisecond count. */
export const formatLatency = (milliseconds: number): string => (milliseconds < 10 ? unit(milliseconds, "millisecond", 1) : formatSeconds(milliseconds / 1000));

/** A low and a high figure as one text; one figure where they read the same. */
export function formatRange(range: { low: number; high: number }, show: (value: number) => string): string {
  const [low, high] = [show(range.low), show(range.high)];
  return low === high ? low : `${low} – ${high}`;
}
