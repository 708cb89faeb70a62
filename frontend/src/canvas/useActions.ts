import { useReactFlow } from "@xyflow/react";
import { useMemo } from "react";
import { useLocation } from "wouter";
import type { Finding } from "../api/client";
import { commands, type Command } from "../commands";
import { addNote, keyParts, noteKey } from "../model/frames";
import { NODE_HEIGHT, NODE_WIDTH } from "../model/layout";
import { nodeOf } from "../model/lookup";
import { insideOf } from "../model/nested";
import { inOrder, paramOf, step } from "../model/problems";
import type { NodeTypes } from "../model/types";
import { t } from "../strings";
import type { Action } from "../ui/actions";
import { isOn, setOn } from "../ui/preferences";
import { fix } from "./ProblemLine";
import { exportDocument } from "./transfer";
import { useCanvas } from "./store";
import { clipboard } from "./useClipboard";
import type { Runner } from "./useRunner";
import { show, useView } from "./view";

const MOVE_MS = 200;
const moveMs = () => (window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : MOVE_MS);
const always = () => true;
const chosen = (): string | undefined => {
  const { selection } = useCanvas.getState();
  return selection.size === 1 ? [...selection][0] : undefined;
};
const one = () => keyParts(chosen() ?? "note:").kind === "node";
const inside = () => insideOf(nodeOf(useCanvas.getState().history.present, chosen() ?? ""));
const some = () => useCanvas.getState().selection.size > 0;

async function perform(command: Command): Promise<void> {
  const { history, selection, wires, edit, select } = useCanvas.getState();
  const outcome = await command.run({ document: history.present, selection, wires });
  // Whoever drew on while a library was loading keeps what they drew.
  if (useCanvas.getState().history.present !== history.present) return;
  edit(outcome.document);
  if (outcome.selection) select(outcome.selection);
}

/** Put a node into the middle, choose it, and give the focus to it or to one of its fields. */
export function useGoTo() {
  const { setCenter, getZoom } = useReactFlow();
  return useMemo(
    () => (id: string, field: string | null) => {
      const { history, select } = useCanvas.getState();
      const position = nodeOf(history.present, id)?.position;
      if (!position) return;
      select(new Set([id]));
      show({ attention: { node: id, field } });
      void setCenter(position.x + NODE_WIDTH / 2, position.y + NODE_HEIGHT / 2, { zoom: Math.max(0.6, getZoom()), duration: moveMs() });
    },
    [setCenter, getZoom],
  );
}

interface Givens {
  types: NodeTypes;
  problems: readonly Finding[];
  runner: Runner;
  onImport: () => void;
}

/** Everything that can be done on the canvas. Menus, keys, help and the command palette are made of this list. */
export function useCanvasActions({ types, problems, runner, onImport }: Givens): Action[] {
  const flow = useReactFlow();
  const goTo = useGoTo();
  const [, navigate] = useLocation();
  return useMemo(() => {
    const state = () => useCanvas.getState();
    const walk = (by: 1 | -1) => {
      const found = inOrder(problems, state().history.present).filter((problem) => problem.node);
      const at = step(found.length, useView.getState().problem, by);
      const problem = at === null ? undefined : found[at];
      show({ problem: at });
      if (problem?.node) goTo(problem.node, paramOf(problem.field));
    };
    /** The problem of the walk, or the first that a click mends. */
    const mend = () => {
      const found = inOrder(problems, state().history.present).filter((problem) => problem.node);
      const at = found[useView.getState().problem ?? -1];
      const chosenOne = at?.fix ? at : found.find((problem) => problem.fix);
      if (chosenOne) fix(chosenOne, types);
    };
    const act = (id: string, title: string, keys: string[], run: () => void, enabled: () => boolean = always, hidden = false): Action => ({ id, title, keys, enabled, act: run, hidden });
    const drawing = commands().map((command) =>
      act(command.id, command.title, command.keys, () => void perform(command), () => {
        const { history, selection, wires } = state();
        return command.enabled({ document: history.present, selection, wires });
      }),
    );
    const scoped = (id: "until" | "since" | "only", keys: string[]) => act(id, t.plan[id], keys, () => show({ plan: { [id]: chosen() ?? "" } }), one);
    return [
      act("add", t.canvas.addNode, ["/"], () => show({ finder: { kind: "add" } })),
      act("after", t.canvas.addAfter, ["+"], () => show({ finder: { kind: "place", place: { node: chosen() ?? "", side: "out" } } }), one),
      act("connect", t.canvas.connectTo, ["c"], () => show({ finder: { kind: "connect", node: chosen() ?? "" } }), one),
      act("open", t.canvas.openNode, ["Enter"], () => show({ attention: { node: chosen() ?? "", field: null } }), one, true),
      act("note", t.canvas.addNote, ["n"], () => writeNote(flow)),
      act("rename", t.canvas.rename, ["F2"], () => show({ renaming: chosen() ?? null }), () => chosen() !== undefined),
      act("data", t.canvas.openData, ["t"], () => show({ port: { node: chosen() ?? "", port: "" } }), one),
      act("inside", t.canvas.openInside, ["w"], () => navigate(inside() ?? "/"), () => inside() !== null),
      ...drawing,
      act("copy", t.canvas.copy, ["Mod+c"], () => void clipboard("copy"), some),
      act("cut", t.canvas.cut, ["Mod+x"], () => void clipboard("cut"), some),
      act("paste", t.canvas.paste, ["Mod+v"], () => void clipboard("paste")),
      act("undo", t.canvas.undo, ["Mod+z"], state().undo, () => state().history.past.length > 0, true),
      act("redo", t.canvas.redo, ["Mod+Shift+z", "Mod+y"], state().redo, () => state().history.future.length > 0, true),
      act("fit", t.canvas.fit, ["1"], () => void flow.fitView({ maxZoom: 1, padding: 0.15, duration: moveMs() })),
      act("fit-selection", t.canvas.fitSelection, ["2"], () => void flow.fitView({ nodes: [...state().selection].map((id) => ({ id })), maxZoom: 1.2, padding: 0.3, duration: moveMs() }), some),
      act("minimap", t.canvas.minimap, ["m"], () => setOn("minimap", !isOn("minimap"))),
      act("outline", t.canvas.focusOutline, ["o"], focusOutline),
      act("next-problem", t.canvas.nextProblem, ["F8"], () => walk(1), () => problems.length > 0),
      act("previous-problem", t.canvas.previousProblem, ["Shift+F8"], () => walk(-1), () => problems.length > 0, true),
      act("fix-problem", t.problems.fixThis, ["Mod+."], mend, () => problems.some((problem) => problem.fix)),
      act("run", t.canvas.run, ["Mod+Enter"], () => runner.start(), () => state().history.present.nodes.length > 0, true),
      act("plan", t.plan.open, ["p"], () => show({ plan: {} })),
      scoped("until", ["Shift+Enter"]),
      scoped("since", []),
      scoped("only", []),
      act("versions", t.versions.title, [], () => show({ versions: true })),
      act("export", t.canvas.export, [], () => exportDocument(state().history.present)),
      act("import", t.canvas.import, [], onImport),
      act("help", t.canvas.shortcuts, ["?"], () => show({ help: true })),
    ];
  }, [types, problems, runner, onImport, flow, goTo, navigate]);
}

/** A new note in the middle of what is seen, with the cursor in it. */
function writeNote(flow: ReturnType<typeof useReactFlow>) {
  const stage = document.querySelector(".stage")?.getBoundingClientRect();
  const at = stage ? flow.screenToFlowPosition({ x: stage.left + stage.width / 2 - 110, y: stage.top + stage.height / 2 - 60 }) : { x: 0, y: 0 };
  const { history, edit, select } = useCanvas.getState();
  const added = addNote(history.present, { x: Math.round(at.x), y: Math.round(at.y) });
  edit(added.workflow);
  select(new Set([noteKey(added.id)]));
  show({ renaming: noteKey(added.id) });
}

function focusOutline() {
  show({ left: "outline" });
  requestAnimationFrame(() => document.querySelector<HTMLElement>(".outline button")?.focus());
}
