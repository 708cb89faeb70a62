/** Charts as nodes report them: `docs/charts.md` has every kind. Only the kind is certain; a chart of an older run may lack what its kind has today. */
export interface Chart {
  kind: string;
  title?: string | null;
  model?: string | null;
  [field: string]: unknown;
}

export interface Metric {
  name: string;
  value: number | null;
  low?: number | null;
  high?: number | null;
  baseline?: number | null;
  higher_is_better?: boolean;
  reason?: string | null;
}

export interface Leader {
  model: string;
  estimator: string;
  score: number | null;
  low?: number | null;
  high?: number | null;
  latency_ms?: number | null;
  bytes?: number | null;
  best?: boolean;
  metrics?: Record<string, number | null>;
}

export interface Trial {
  family: string;
  params: Record<string, unknown>;
  score: number | null;
  low?: number | null;
  high?: number | null;
  rows?: number | null;
  seconds?: number | null;
  latency_ms?: number | null;
  usd?: number | null;
  error?: string | null;
}

export interface Explained {
  row: number;
  output: number;
  prediction?: string | null;
  contributions: { feature: string; value: unknown; contribution: number }[];
}

export interface Drifted {
  name: string;
  type: string;
  verdict: string;
  psi: number | null;
  test?: string | null;
  p_value?: number | null;
  js?: number | null;
  decided_by?: "psi" | "js" | "ks" | "chi2";
  chance?: number | null;
  missing: number[];
  bins: string[];
  reference: number[];
  current: number[];
}

export interface Box {
  group: string;
  rows: number;
  low: number;
  q1: number;
  median: number;
  q3: number;
  high: number;
  outliers?: number[];
}

/** A list of numbers (null where there is none) of a chart, empty where the field is no list. */
export const numbers = (chart: Chart, field: string): number[] => (Array.isArray(chart[field]) ? (chart[field] as number[]) : []);
export const texts = (chart: Chart, field: string): string[] => (Array.isArray(chart[field]) ? (chart[field] as unknown[]).map(String) : []);
export const list = <T>(chart: Chart, field: string): T[] => (Array.isArray(chart[field]) ? (chart[field] as T[]) : []);
export const word = (chart: Chart, field: string): string => (typeof chart[field] === "string" ? (chart[field] as string) : "");
export const number = (chart: Chart, field: string): number | null => (typeof chart[field] === "number" ? (chart[field] as number) : null);
