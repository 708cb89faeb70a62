import { create } from "zustand";
import { type Way, putBefore } from "../model/fixes";
import { nodeOf } from "../model/lookup";
import { paramOf } from "../model/problems";
import type { NodeTypes } from "../model/types";
import { useCanvas } from "./store";
import { show } from "./view";

/** A way out of a failure that was chosen on another page, for the canvas to go once the workflow is open. In memory only: no link can change a drawing. */
export interface Errand {
  workflow: string;
  node: string;
  way: Exclude<Way, "resume">;
  field: string | null;
}

export const useErrand = create<{ errand: Errand | null }>(() => ({ errand: null }));

/** Take what was left for this workflow; an errand for another one is forgotten. */
export function takeErrand(workflow: string): Errand | null {
  const { errand } = useErrand.getState();
  useErrand.setState({ errand: null });
  return errand?.workflow === workflow ? errand : null;
}

/** Go a way out, here on the canvas: a changed drawing is one step, and what starts a run asks first. */
export function go({ node, way, field }: Pick<Errand, "node" | "way" | "field">, types: NodeTypes): void {
  const { history, edit, select } = useCanvas.getState();
  if (!nodeOf(history.present, node)) return;
  const made = way === "clean" ? putBefore(history.present, types, node, "preprocess") : null;
  if (made) edit(made.workflow);
  select(new Set([made?.id ?? node]));
  if (way === "open") show({ attention: { node, field: paramOf(field) } });
  if (way === "again") show({ plan: { since: node } });
}
