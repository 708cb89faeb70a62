import { expect, test } from "vitest";
import { missing, names } from "virtual:node-icons";

test("the icon set has every icon that a node type asks for", () => {
  expect(missing).toEqual([]);
  expect(names.size).toBeGreaterThan(50);
});
