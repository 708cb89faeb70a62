import fc from "fast-check";
import { describe, expect, it } from "vitest";
import explained from "../../../chalicelib/templates/explained.json";
import { opening, READABLE } from "./opening";

const length = fc.integer({ min: 100, max: 6_000 });
const drawing = fc.record({ x: fc.integer({ min: -5_000, max: 5_000 }), y: fc.integer({ min: -5_000, max: 5_000 }), width: length, height: length });
const stage = fc.record({ width: fc.integer({ min: 200, max: 3_000 }), height: fc.integer({ min: 200, max: 2_000 }) });
const share = fc.double({ min: 0, max: 1, noNaN: true });

describe("opening a drawing", () => {
  it("is readable and never larger than life, with its beginning in sight", () => {
    fc.assert(
      fc.property(drawing, stage, share, share, (box, room, right, down) => {
        const begin = { x: box.x + right * box.width, y: box.y + down * box.height };
        const { x, y, zoom } = opening(box, room, begin);
        expect(zoom).toBeGreaterThanOrEqual(READABLE);
        expect(zoom).toBeLessThanOrEqual(1);
        const [left, top] = [begin.x * zoom + x, begin.y * zoom + y];
        expect(left).toBeGreaterThan(15);
        expect(top).toBeGreaterThan(15);
        expect(left).toBeLessThan(room.width - 15);
        expect(top).toBeLessThan(room.height - 15);
      }),
    );
  });

  it("shows all of what fits, and wastes no room where it does not", () => {
    fc.assert(
      fc.property(drawing, stage, share, (box, room, right) => {
        const { x, zoom } = opening(box, room, { x: box.x + right * box.width, y: box.y });
        const [left, end] = [box.x * zoom + x, (box.x + box.width) * zoom + x];
        if (box.width * zoom + 32 <= room.width) expect([left > 15, end < room.width - 15]).toEqual([true, true]);
        else expect([left < 17, end > room.width - 17]).toEqual([true, true]);
      }),
    );
  });

  it("opens the largest template at a size that can be read, at its source", () => {
    const [xs, ys] = [explained.workflow.nodes.map((node) => node.position.x), explained.workflow.nodes.map((node) => node.position.y)];
    const box = { x: Math.min(...xs), y: Math.min(...ys), width: Math.max(...xs) - Math.min(...xs) + 232, height: Math.max(...ys) - Math.min(...ys) + 150 };
    const { zoom, x, y } = opening(box, { width: 870, height: 800 }, { x: 116, y: 695 });
    expect({ zoom, x }).toEqual({ zoom: READABLE, x: 16 });
    expect(695 * zoom + y).toBeGreaterThan(300);
    expect(695 * zoom + y).toBeLessThan(500);
  });
});
