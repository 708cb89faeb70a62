import { t } from "../strings";
import { connect, emptyWorkflow } from "./document";
import type { Workflow } from "./types";

/** The classic pipeline on an uploaded dataset. */
export function withDataset(dataset: string): Workflow {
  const kinds: [string, string, string][] = [
    ["load", "csv_loader", "Load CSV"],
    ["clean", "preprocess", "Preprocess"],
    ["split", "train_test_split", "Split"],
    ["train", "train_logreg", "Train"],
    ["evaluate", "evaluate", "Evaluate"],
  ];
  const nodes = kinds.map(([id, type, label], place) => ({ id, type, position: { x: place * 288, y: 0 }, data: { label, params: id === "load" ? { dataset } : {} } }));
  let workflow: Workflow = { ...emptyWorkflow(t.home.myData), nodes };
  for (let index = 1; index < kinds.length; index += 1) workflow = connect(workflow, { source: kinds[index - 1]?.[0] ?? "", target: kinds[index]?.[0] ?? "" });
  return workflow;
}
