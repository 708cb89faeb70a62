import { align, distribute } from "../model/arrange";
import { duplicate } from "../model/clipboard";
import { withoutConnections } from "../model/document";
import { groupKey, groupNodes, keyParts, noteKey, toggle, ungroup, withoutChosen } from "../model/frames";
import { tidy } from "../model/layout";
import type { Workflow } from "../model/types";
import { t } from "../strings";

/** What a command may look at. */
export interface Situation {
  document: Workflow;
  selection: ReadonlySet<string>;
  wires: ReadonlySet<number>;
}

export interface Outcome {
  document: Workflow;
  selection?: ReadonlySet<string>;
}

/** One thing a person can do with the drawing: the menu, the shortcut and undo all follow from it. `run` is pure; where it loads a library first, it gives a promise. */
export interface Command {
  id: string;
  title: string;
  /** Keys as people read them; "Mod" is Ctrl, or Cmd on a Mac. */
  keys: string[];
  enabled: (situation: Situation) => boolean;
  run: (situation: Situation) => Outcome | Promise<Outcome>;
}

const atLeast =
  (number: number) =>
  ({ selection }: Situation) =>
    selection.size >= number;

const nodesChosen = ({ selection }: Situation) => [...selection].some((key) => keyParts(key).kind === "node");

export const commands = (): Command[] => [
  {
    id: "delete",
    title: t.canvas.delete,
    keys: ["Delete", "Backspace"],
    enabled: ({ selection, wires }) => selection.size > 0 || wires.size > 0,
    run: ({ document, selection, wires }) => ({ document: withoutChosen(withoutConnections(document, wires), selection), selection: new Set() }),
  },
  {
    id: "duplicate",
    title: t.canvas.duplicate,
    keys: ["Mod+d"],
    enabled: atLeast(1),
    run: ({ document, selection }) => {
      const made = duplicate(document, selection);
      return { document: made.workflow, selection: made.ids };
    },
  },
  {
    id: "select-all",
    title: t.canvas.selectAll,
    keys: ["Mod+a"],
    enabled: ({ document }) => document.nodes.length > 0,
    run: ({ document }) => ({ document, selection: new Set([...document.nodes.map((node) => node.id), ...(document.notes ?? []).map((note) => noteKey(note.id))]) }),
  },
  {
    id: "tidy",
    title: t.canvas.tidy,
    keys: ["l"],
    enabled: ({ document }) => document.nodes.length > 1,
    run: async ({ document, selection }) => ({ document: await tidy(document, selection) }),
  },
  {
    id: "disable",
    title: t.canvas.disable,
    keys: ["d"],
    enabled: nodesChosen,
    run: ({ document, selection }) => ({ document: toggle(document, selection) }),
  },
  {
    id: "group",
    title: t.canvas.group,
    keys: ["Mod+g"],
    enabled: nodesChosen,
    run: ({ document, selection }) => {
      const made = groupNodes(document, selection, t.canvas.groupName);
      return { document: made.workflow, selection: new Set([groupKey(made.id)]) };
    },
  },
  {
    id: "ungroup",
    title: t.canvas.ungroup,
    keys: ["Mod+Shift+g"],
    enabled: ({ document, selection }) => (document.groups ?? []).some((group) => selection.has(groupKey(group.id)) || group.nodes.some((id) => selection.has(id))),
    run: ({ document, selection }) => ({ document: ungroup(document, selection) }),
  },
  { id: "align-column", title: t.canvas.alignColumn, keys: ["Mod+Shift+ArrowLeft"], enabled: atLeast(2), run: ({ document, selection }) => ({ document: align(document, selection, "x") }) },
  { id: "align-row", title: t.canvas.alignRow, keys: ["Mod+Shift+ArrowUp"], enabled: atLeast(2), run: ({ document, selection }) => ({ document: align(document, selection, "y") }) },
  { id: "spread-x", title: t.canvas.spreadX, keys: [], enabled: atLeast(3), run: ({ document, selection }) => ({ document: distribute(document, selection, "x") }) },
  { id: "spread-y", title: t.canvas.spreadY, keys: [], enabled: atLeast(3), run: ({ document, selection }) => ({ document: distribute(document, selection, "y") }) },
];
