import { copyText, paste, withoutConnections, withoutNodes } from "../model/document";
import { tidy } from "../model/layout";
import type { Workflow } from "../model/types";
import { t } from "../strings";

/** What a command may look at. */
export interface Situation {
  document: Workflow;
  selection: ReadonlySet<string>;
  wires: ReadonlySet<number>;
}

/** One thing a person can do with the drawing: the menu, the shortcut and undo all follow from it. `run` is pure. */
export interface Command {
  id: string;
  title: string;
  /** Keys as people read them; "Mod" is Ctrl, or Cmd on a Mac. */
  keys: string[];
  enabled: (situation: Situation) => boolean;
  run: (situation: Situation) => { document: Workflow; selection?: ReadonlySet<string> };
}

const hasNodes = ({ selection }: Situation) => selection.size > 0;

export const commands: Command[] = [
  {
    id: "delete",
    title: t.canvas.delete,
    keys: ["Delete", "Backspace"],
    enabled: ({ selection, wires }) => selection.size > 0 || wires.size > 0,
    run: ({ document, selection, wires }) => ({ document: withoutNodes(withoutConnections(document, wires), selection), selection: new Set() }),
  },
  {
    id: "duplicate",
    title: t.canvas.duplicate,
    keys: ["Mod+d"],
    enabled: hasNodes,
    run: ({ document, selection }) => {
      const pasted = paste(document, copyText(document, selection));
      return pasted ? { document: pasted.workflow, selection: pasted.ids } : { document };
    },
  },
  { id: "tidy", title: t.canvas.tidy, keys: ["l"], enabled: ({ document }) => document.nodes.length > 1, run: ({ document }) => ({ document: tidy(document) }) },
  {
    id: "select-all",
    title: "Select all",
    keys: ["Mod+a"],
    enabled: ({ document }) => document.nodes.length > 0,
    run: ({ document }) => ({ document, selection: new Set(document.nodes.map((node) => node.id)) }),
  },
];

/** The keys of an event as commands write them. */
export function keysOf(event: KeyboardEvent): string {
  const parts = [event.ctrlKey || event.metaKey ? "Mod" : "", event.shiftKey && event.key.length > 1 ? "Shift" : "", event.key.length === 1 ? event.key.toLowerCase() : event.key];
  return parts.filter(Boolean).join("+");
}
