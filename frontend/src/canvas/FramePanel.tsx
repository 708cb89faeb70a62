import { Button, Group as Row, Stack, Textarea, TextInput } from "@mantine/core";
import { keyParts, renameGroup, updateNote } from "../model/frames";
import { nodeOf, titleOf } from "../model/lookup";
import type { NodeTypes } from "../model/types";
import { t } from "../strings";
import type { Action } from "../ui/actions";
import { useCanvas, useDocument } from "./store";

/** The chosen note or group: its words, and what can be done with it. */
export function FramePanel({ chosen, types, actions }: { chosen: string; types: NodeTypes; actions: Action[] }) {
  const document = useDocument();
  const { edit, seal } = useCanvas.getState();
  const { kind, id } = keyParts(chosen);
  const note = kind === "note" ? document.notes?.find((one) => one.id === id) : undefined;
  const group = kind === "group" ? document.groups?.find((one) => one.id === id) : undefined;
  const offered = (group ? ["duplicate", "copy", "ungroup"] : ["duplicate", "copy", "cut", "delete"]).flatMap((one) => actions.find((action) => action.id === one) ?? []);
  return (
    <Stack gap="sm">
      {note && (
        <Textarea
          label={t.canvas.noteText}
          autosize
          minRows={4}
          maxRows={20}
          maxLength={5_000}
          value={note.text}
          onChange={(event) => edit(updateNote(document, id, { text: event.currentTarget.value }), `note ${id}`)}
          onBlur={seal}
        />
      )}
      {group && (
        <>
          <TextInput
            label={t.canvas.groupLabel}
            maxLength={200}
            value={group.label}
            onChange={(event) => edit(renameGroup(document, id, event.currentTarget.value), `group ${id}`)}
            onBlur={seal}
          />
          <ul className="changes">
            {group.nodes.map((one) => {
              const node = nodeOf(document, one);
              return node && <li key={one}>{titleOf(node, types)}</li>;
            })}
          </ul>
        </>
      )}
      <Row gap={6}>
        {offered.map((action) => (
          <Button key={action.id} size="xs" variant="default" onClick={action.act}>
            {action.title}
          </Button>
        ))}
      </Row>
    </Stack>
  );
}
