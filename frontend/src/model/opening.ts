interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Smaller than this, the names on the cards cannot be read. */
export const READABLE = 0.75;
const MARGIN = 16;

/**
 * Where a drawing opens: whole and in the middle where that leaves it readable, otherwise as small as can be read, with the place where it begins in sight. Lengths in
 * pixels; `drawing` and `begin` in those of the document.
 */
export function opening(drawing: Rect, stage: { width: number; height: number }, begin: { x: number; y: number }): { x: number; y: number; zoom: number } {
  const [wide, high] = [(stage.width - 2 * MARGIN) / drawing.width, (stage.height - 2 * MARGIN) / drawing.height];
  const zoom = Math.max(READABLE, Math.min(1, wide, high));
  const place = (from: number, length: number, room: number, at: number) => {
    if (length * zoom + 2 * MARGIN <= room) return (room - length * zoom) / 2 - from * zoom;
    return Math.min(MARGIN - from * zoom, Math.max(room - MARGIN - (from + length) * zoom, room / 2 - at * zoom));
  };
  return { x: place(drawing.x, drawing.width, stage.width, begin.x), y: place(drawing.y, drawing.height, stage.height, begin.y), zoom };
}
