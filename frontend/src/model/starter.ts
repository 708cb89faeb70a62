import { t } from "../strings";
import { connect, emptyWorkflow } from "./document";
import type { DrawnNode, Workflow } from "./types";

/** What is read by which node type, by the format of a file; its ending tells while nobody has looked into it. */
const LOADERS: Record<string, string> = { csv: "csv_loader", parquet: "parquet_loader", excel: "excel_loader", json: "json_loader" };
const ENDINGS: Record<string, string[]> = {
  csv: ["csv", "tsv", "txt", "gz"],
  parquet: ["parquet", "pq"],
  excel: ["xlsx", "xls", "xlsb", "ods"],
  json: ["json", "jsonl", "ndjson"],
};
/** Endings for a file chooser. */
export const ACCEPTED = Object.values(ENDINGS).flat().map((ending) => `.${ending}`).join(",");

interface Known {
  format?: string | null | undefined;
  filename?: string | null | undefined;
}

/** The node type that reads a dataset. */
export function loaderOf({ format, filename }: Known): string {
  const ending = (filename ?? "").toLowerCase().replace(/\.gz$/, "").split(".").at(-1) ?? "";
  const told = format ?? Object.keys(ENDINGS).find((one) => ENDINGS[one]?.includes(ending)) ?? "csv";
  return LOADERS[told] ?? "csv_loader";
}

const node = (id: string, type: string, place: number, row: number, params: Record<string, unknown> = {}): DrawnNode => ({ id, type, position: { x: place * 288, y: row * 230 }, data: { label: "", params } });

function joined(workflow: Workflow, ...wires: [string, string, string?][]): Workflow {
  return wires.reduce((drawn, [source, target, targetHandle]) => connect(drawn, { source, target, ...(targetHandle ? { targetHandle } : {}) }), workflow);
}

/** The classic pipeline on a dataset. */
export function withDataset(dataset: string, known: Known = {}): Workflow {
  const kinds = [["load", loaderOf(known)], ["clean", "preprocess"], ["split", "train_test_split"], ["train", "train_logreg"], ["evaluate", "evaluate"]] as const;
  const nodes = kinds.map(([id, type], place) => node(id, type, place, 0, id === "load" ? { dataset } : {}));
  return joined({ ...emptyWorkflow(t.home.myData), nodes }, ["load", "clean"], ["clean", "split"], ["split", "train"], ["train", "evaluate"]);
}

/** What an endpoint was asked lately beside the rows that its model learned from: has anything drifted? */
export function driftCheck(endpoint: string, columns: readonly string[], dataset: string, known: Known = {}): Workflow {
  const nodes = [
    node("learned", loaderOf(known), 0, 0, { dataset }),
    node("asked", "prediction_log", 0, 1, { endpoint }),
    node("drift", "drift_report", 1, 0, columns.length ? { columns: [...columns] } : {}),
  ];
  return joined({ ...emptyWorkflow(t.site.driftName(endpoint)), nodes }, ["learned", "drift", "reference"], ["asked", "drift", "current"]);
}
