import { describe, expect, it } from "vitest";
import { language, preferred } from "../strings";
import { said } from "./de";
import { en } from "./en";

type Words = Record<string, unknown>;

/** Paths that are in one catalogue and not in the other, or of another kind. */
function missing(base: Words, other: Words, path = ""): string[] {
  return Object.entries(base).flatMap(([name, value]) => {
    const there = other[name];
    if (typeof value === "object" && value !== null && typeof there === "object" && there !== null) return missing(value as Words, there as Words, `${path}${name}.`);
    return typeof there === typeof value ? [] : [`${path}${name}`];
  });
}

describe("languages", () => {
  it("says everything in German", () => {
    expect(missing(en as unknown as Words, said as Words)).toEqual([]);
  });

  it("has no German without English", () => {
    expect(missing(said as Words, en as unknown as Words)).toEqual([]);
  });

  it("takes what was chosen, then what the browser prefers, then English", () => {
    expect([preferred("de", ["en"]), preferred(null, ["fr-FR", "de-AT"]), preferred("xx", ["fr"]), preferred(null, [])]).toEqual(["de", "de", "en", "en"]);
    expect(language).toBe("en");
  });
});
