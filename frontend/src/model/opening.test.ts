import fc from "fast-check";
import { describe, expect, it } from "vitest";
import explained from "../../../chalicelib/templates/explained.json";
import { opening, READABLE } from "./opening";

const length = fc.integer({ min: 100, max: 6_000 });
const drawing = fc.record({ x: fc.integer({ min: -5_000, max: 5_000 }), y: fc.integer({ min: -5_000, max: 5_000 }), width: length, height: length });
const stage = fc.record({ width: fc.integer({ min: 200, max: 3_000 }), height: fc.integer({ min: 200, max: 2_000 }) });

describe("opening a drawing", () => {
  it("is readable and never larger than life, and begins in sight", () => {
    fc.assert(
      fc.property(drawing, stage, (box, room) => {
        const { x, y, zoom } = opening(box, room);
        expect(zoom).toBeGreaterThanOrEqual(READABLE);
        expect(zoom).toBeLessThanOrEqual(1);
        const [left, top] = [box.x * zoom + x, box.y * zoom + y];
        expect(left).toBeGreaterThan(15);
        expect(top).toBeGreaterThan(15);
        expect(left).toBeLessThan(room.width);
        expect(top).toBeLessThan(room.height);
      }),
    );
  });

  it("shows all of what fits", () => {
    fc.assert(
      fc.property(drawing, stage, (box, room) => {
        fc.pre(box.width * READABLE + 32 <= room.width && box.height * READABLE + 32 <= room.height);
        const { x, y, zoom } = opening(box, room);
        expect((box.x + box.width) * zoom + x).toBeLessThanOrEqual(room.width - 15);
        expect((box.y + box.height) * zoom + y).toBeLessThanOrEqual(room.height - 15);
      }),
    );
  });

  it("opens the largest template at a size that can be read", () => {
    const [xs, ys] = [explained.workflow.nodes.map((node) => node.position.x), explained.workflow.nodes.map((node) => node.position.y)];
    const box = { x: Math.min(...xs), y: Math.min(...ys), width: Math.max(...xs) - Math.min(...xs) + 232, height: Math.max(...ys) - Math.min(...ys) + 150 };
    expect(opening(box, { width: 870, height: 800 })).toMatchObject({ zoom: READABLE });
  });
});
