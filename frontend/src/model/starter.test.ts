import { describe, expect, it } from "vitest";
import catalogFile from "../../../chalicelib/catalog.json";
import { ACCEPTED, driftCheck, loaderOf, withDataset } from "./starter";

const types = new Set(catalogFile.nodes.map((one) => one.type));

describe("a drawing to begin with", () => {
  it.each([
    [{ filename: "a.CSV" }, "csv_loader"],
    [{ filename: "a.csv.gz" }, "csv_loader"],
    [{ filename: "sales.2024.xlsx" }, "excel_loader"],
    [{ filename: "rows.jsonl" }, "json_loader"],
    [{ filename: "rows.parquet" }, "parquet_loader"],
    [{ filename: "no-ending" }, "csv_loader"],
    // What was found in the file goes before its name.
    [{ filename: "rows.csv", format: "parquet" }, "parquet_loader"],
    [{ filename: null, format: null }, "csv_loader"],
  ])("reads %o with %s", (known, loader) => {
    expect(loaderOf(known)).toBe(loader);
    expect(types).toContain(loader);
    expect(withDataset("ds_1", known).nodes[0]).toMatchObject({ type: loader, data: { params: { dataset: "ds_1" } } });
  });

  it("offers every format to the file chooser", () => expect(ACCEPTED.split(",")).toEqual(expect.arrayContaining([".csv", ".parquet", ".xlsx", ".jsonl"])));

  it("compares what was asked with what was learned from", () => {
    const drawn = driftCheck("titanic", ["age", "sex"], "sample:titanic");
    expect(drawn.nodes.map((one) => one.type)).toEqual(["csv_loader", "prediction_log", "drift_report"]);
    expect(drawn.nodes[2]?.data.params).toEqual({ columns: ["age", "sex"] });
    expect(drawn.connections.map((one) => [one.source, one.targetHandle])).toEqual([["learned", "reference"], ["asked", "current"]]);
  });
});
