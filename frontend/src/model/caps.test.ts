import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withEndpointCap } from "./caps";

const id = fc.stringMatching(/^[a-c]{1,2}$/);
const dollars = fc.double({ min: 0, max: 1e6, noNaN: true });
const capped = fc.option(dollars);
const all = fc.record({ run: capped, month: capped, workflows: fc.dictionary(id, dollars), endpoints: fc.dictionary(id, dollars) });

describe("the cap of one endpoint", () => {
  it("is set anew or taken away, and every other cap stays", () => {
    fc.assert(
      fc.property(all, id, capped, (caps, endpoint, usd) => {
        const before = structuredClone(caps);
        const after = withEndpointCap(caps, endpoint, usd);
        expect(caps).toEqual(before);
        const { [endpoint]: mine, ...others } = after.endpoints;
        expect(mine).toBe(usd ?? undefined);
        const { [endpoint]: _, ...kept } = before.endpoints;
        expect({ ...after, endpoints: others }).toEqual({ ...before, endpoints: kept });
      }),
    );
  });
});
