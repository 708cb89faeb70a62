/** Where a card begins and ends, from above. */
export interface Box {
  top: number;
  bottom: number;
}

const AWAY = 18;
const LANE = 9;
const ABOVE = 30;
const BELOW = 26;

/**
 * The way of a line whose end lies to the left of its beginning: how far it leaves the card, and at which height it goes back. That is just above the lower of the two cards,
 * where a row of cards leaves a gap, or below both where they stand beside each other. Lines from other ports of the same card get other lanes, so that they neither cover
 * nor cross each other where they leave.
 */
export function way(from: Box, to: Box, port: number, ports: number): { offset: number; centerY: number } {
  const up = to.bottom < from.top;
  const beside = !up && to.top <= from.bottom;
  const lane = up ? port : ports - 1 - port;
  const shift = LANE * (lane - (ports - 1) / 2);
  const gap = Math.max(to.top - from.bottom, from.top - to.bottom);
  const height = beside ? Math.max(from.bottom, to.bottom) + BELOW : Math.max(to.top, from.top) - Math.min(ABOVE, gap / 2);
  return { offset: AWAY + LANE * lane, centerY: height + (up ? -shift : shift) };
}
