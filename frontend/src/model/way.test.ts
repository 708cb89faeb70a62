import fc from "fast-check";
import { expect, test } from "vitest";
import { type Box, way } from "./way";

const box = (least: number, most: number) => fc.tuple(fc.integer({ min: least, max: most }), fc.integer({ min: 80, max: 300 })).map(([top, height]): Box => ({ top, bottom: top + height }));

test("a line goes back in the gap between two rows", () => {
  fc.assert(
    fc.property(box(-500, 500), fc.integer({ min: 40, max: 400 }), box(0, 0), fc.integer({ min: 0, max: 2 }), (from, gap, size, port) => {
      const below = { top: from.bottom + gap, bottom: from.bottom + gap + size.bottom };
      const down = way(from, below, port, 3).centerY;
      expect(down > from.bottom && down < below.top).toBe(true);
      const up = way(below, from, port, 3).centerY;
      expect(up > from.bottom && up < below.top).toBe(true);
    }),
  );
});

test("beside each other it goes below both, and no two ports share a lane", () => {
  fc.assert(
    fc.property(box(0, 50), box(0, 50), (from, to) => {
      const ways = [0, 1, 2].map((port) => way(from, to, port, 3));
      for (const one of ways) expect(one.centerY).toBeGreaterThan(Math.max(from.bottom, to.bottom));
      expect(new Set(ways.map((one) => one.centerY)).size).toBe(3);
      expect(new Set(ways.map((one) => one.offset)).size).toBe(3);
    }),
  );
});
