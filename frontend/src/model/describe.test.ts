import { describe, expect, it } from "vitest";
import catalogFile from "../../../chalicelib/catalog.json";
import { wires } from "./connect";
import { described } from "./describe";
import { byType, type Catalog } from "./types";

const types = byType(catalogFile as unknown as Catalog);
const kinds = (text: string) => described(text, types)?.nodes.map((node) => node.type);

describe("a sentence as a drawing", () => {
  it("takes the node types it names and what a model cannot do without", () => {
    expect(kinds("A random forest on titanic!")).toEqual(["sample_dataset", "preprocess", "train_test_split", "train_forest", "evaluate"]);
    expect(kinds("load csv, then logistic regression, evaluate and register model")).toEqual(["csv_loader", "preprocess", "train_test_split", "train_logreg", "evaluate", "register_model"]);
    expect(described("random forest on titanic", types)?.nodes[0]?.data.params).toEqual({ name: expect.stringContaining("titanic") });
  });

  it("connects them all", () => {
    const drawn = described("logistic regression, evaluate, register model, deploy endpoint", types);
    const fed = new Set(drawn && wires(drawn, types).map((wire) => `${wire.target}.${wire.targetHandle}`));
    for (const node of drawn?.nodes ?? []) {
      for (const port of types[node.type]?.inputs ?? []) if (port.required && !port.implied) expect(fed).toContain(`${node.id}.${port.name}`);
    }
    expect(fed.size).toBeGreaterThan(4);
  });

  it("says when it knows none of the words", () => {
    expect(described("make me rich", types)).toBeNull();
    expect(described("", types)).toBeNull();
  });
});
