import { type Node as FlowNode, NodeResizeControl, type NodeProps } from "@xyflow/react";
import { memo, useRef } from "react";
import { type Box, frameOf, groupKey, noteKey, renameGroup, updateNote } from "../model/frames";
import type { Group, Note, NodeTypes, Workflow } from "../model/types";
import { t } from "../strings";
import { useCanvas } from "./store";
import { show, useView } from "./view";

/** Notes and the frames of groups, as React Flow's nodes. */
export type NoteNode = FlowNode<{ note: Note }, "note">;
export type FrameNode = FlowNode<{ group: Group }, "frame">;

/** Frames lie behind the cards, and are drawn around their nodes wherever these are. */
export function frames(document: Workflow, types: NodeTypes, selection: ReadonlySet<string>): FrameNode[] {
  return (document.groups ?? []).flatMap((group) => {
    const box = frameOf(document, types, group);
    return box ? [{ ...placed(groupKey(group.id), box, selection), type: "frame", zIndex: -1, ariaLabel: t.changes.group(group.label), data: { group } }] : [];
  });
}

export function noteNodes(document: Workflow, selection: ReadonlySet<string>): NoteNode[] {
  return (document.notes ?? []).map((note) => ({
    ...placed(noteKey(note.id), { ...note.position, width: note.width, height: note.height }, selection),
    type: "note",
    ariaLabel: `${t.canvas.note}: ${note.text}`,
    data: { note },
  }));
}

const placed = (id: string, { x, y, width, height }: Box, selection: ReadonlySet<string>) => ({ id, position: { x, y }, width, height, selected: selection.has(id) });

const edit = (next: (workflow: Workflow) => Workflow): void => {
  const { history, edit: record } = useCanvas.getState();
  record(next(history.present));
};

export const NoteCard = memo(function NoteCard({ data: { note }, selected }: NodeProps<NoteNode>) {
  const writing = useView((state) => state.renaming === noteKey(note.id));
  const done = (text: string) => {
    show({ renaming: null });
    if (text !== note.text) edit((workflow) => updateNote(workflow, note.id, { text }));
  };
  return (
    <div className="note" onDoubleClick={() => show({ renaming: noteKey(note.id) })}>
      {writing ? <Writing label={t.canvas.noteText} text={note.text} long onDone={done} /> : <span>{note.text || <i>{t.canvas.noteHint}</i>}</span>}
      {selected && <NodeResizeControl minWidth={80} minHeight={40} className="note-resize" />}
    </div>
  );
});

export const Frame = memo(function Frame({ data: { group } }: NodeProps<FrameNode>) {
  const writing = useView((state) => state.renaming === groupKey(group.id));
  const done = (label: string) => {
    show({ renaming: null });
    if (label !== group.label) edit((workflow) => renameGroup(workflow, group.id, label));
  };
  return (
    <div className="frame" onDoubleClick={() => show({ renaming: groupKey(group.id) })}>
      {writing ? <Writing label={t.canvas.groupLabel} text={group.label} onDone={done} /> : <b>{group.label}</b>}
    </div>
  );
});

/** Words in place: leaving keeps them, Escape takes them back; in a single line Enter keeps them, too. */
function Writing({ label, text, long = false, onDone }: { label: string; text: string; long?: boolean; onDone: (text: string) => void }) {
  const over = useRef(false);
  const end = (next: string) => {
    if (over.current) return;
    over.current = true;
    onDone(next);
  };
  const Tag = long ? "textarea" : "input";
  return (
    <Tag
      className="nodrag nowheel writing"
      aria-label={label}
      defaultValue={text}
      maxLength={long ? 5_000 : 200}
      // oxlint-disable-next-line jsx-a11y/no-autofocus
      autoFocus
      onBlur={(event: { currentTarget: { value: string } }) => end(event.currentTarget.value)}
      onKeyDown={(event: { key: string; stopPropagation: () => void; currentTarget: { value: string } }) => {
        event.stopPropagation();
        if (event.key === "Escape") end(text);
        if (event.key === "Enter" && !long) end(event.currentTarget.value);
      }}
    />
  );
}
