import { create } from "zustand";
import type { Place } from "../model/suggest";

/** What is open on the canvas: nothing here is part of the document. */
export type Finding =
  | { kind: "add" }
  | { kind: "place"; place: Place; at?: { x: number; y: number } }
  | { kind: "connect"; node: string };

interface View {
  finder: Finding | null;
  /** Letters that came while the finder was on its way. */
  typed: string;
  /** The port whose rows the drawer shows. */
  port: { node: string; port: string; cell?: { truth: string; predicted: string } } | null;
  /** What should get the focus: a node, and one of its fields. A new object each time, so that the same can be asked for twice. */
  attention: { node: string; field: string | null } | null;
  /** A line is being drawn: every port is in sight. */
  connecting: boolean;
  renaming: string | null;
  menu: { node: string; x: number; y: number } | null;
  /** The side panel of the left: node types or outline. */
  left: "nodes" | "outline";
  help: boolean;
  versions: boolean;
  /** What is looked at before it runs: a part of the workflow, or all of it. */
  plan: { until?: string; since?: string; only?: string } | null;
  /** Where the walk over the problems stands. */
  problem: number | null;
}

const CLOSED: View = { finder: null, typed: "", port: null, attention: null, connecting: false, renaming: null, menu: null, left: "nodes", help: false, versions: false, plan: null, problem: null };

export const useView = create<View>(() => CLOSED);

export const show = (part: Partial<View>): void => useView.setState(part);

/** Another workflow: nothing of the one before stays open. */
export const closeAll = (): void => useView.setState(CLOSED);
