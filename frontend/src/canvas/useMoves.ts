import type { NodeChange } from "@xyflow/react";
import { useRef, useState } from "react";
import { keyParts, moved, updateNote } from "../model/frames";
import type { Point } from "../model/layout";
import type { NodeTypes } from "../model/types";
import type { Shown } from "./cards";
import { useCanvas } from "./store";

type Places = ReadonlyMap<string, Point>;

/**
 * Moves, sizes and selections that React Flow reports. While something is on its way only the canvas knows where it is; where it is put down is one edit of the document.
 * Steps of the arrow keys in a row are one edit, too.
 */
export function useMoves(types: NodeTypes): { moving: Places | null; onNodesChange: (changes: NodeChange<Shown>[]) => void } {
  const [moving, setMoving] = useState<Places | null>(null);
  const now = useRef<Places | null>(null);
  const { edit, select } = useCanvas.getState();

  const keep = (places: Places | null) => {
    now.current = places;
    setMoving(places);
  };

  const move = (places: Places, dragging: boolean) => {
    const wasDragging = now.current !== null;
    const all = new Map([...(now.current ?? []), ...places]);
    if (dragging) return keep(all);
    keep(null);
    edit(moved(useCanvas.getState().history.present, types, all), wasDragging ? undefined : `move ${[...places.keys()].join()}`);
  };

  const onNodesChange = (changes: NodeChange<Shown>[]) => {
    const places = new Map<string, Point>();
    let dragging = false;
    for (const one of changes) {
      if (one.type === "position" && one.position) places.set(one.id, one.position);
      if (one.type === "position" && one.dragging) dragging = true;
      if (one.type === "dimensions" && one.resizing !== undefined && one.dimensions) size(one.id, one.dimensions);
    }
    if (places.size) move(places, dragging);
    else if (now.current && changes.some((one) => one.type === "position" && one.dragging === false)) move(new Map(), false);
    const picked = changes.filter((one) => one.type === "select");
    if (picked.length) {
      const { selection, wires } = useCanvas.getState();
      const next = new Set(selection);
      for (const one of picked) turn(next, one.id, one.selected);
      select(next, wires);
    }
  };

  /** Sizes on the way are one intent: the whole pull is one step. */
  const size = (key: string, { width, height }: { width: number; height: number }) =>
    edit(updateNote(useCanvas.getState().history.present, keyParts(key).id, { width: Math.round(width), height: Math.round(height) }), `size ${key}`);

  return { moving, onNodesChange };
}

export function turn<T>(set: Set<T>, one: T, on: boolean): void {
  if (on) set.add(one);
  else set.delete(one);
}
