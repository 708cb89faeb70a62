import { Button, Group, Menu, TextInput } from "@mantine/core";
import { IconLayoutGrid, IconPlus, IconSparkles } from "@tabler/icons-react";
import { useState } from "react";
import { useTemplates } from "../api/queries";
import { UploadButton } from "../form/DatasetPicker";
import { described } from "../model/describe";
import { addNode, setParam } from "../model/document";
import { loaderOf } from "../model/starter";
import type { NodeTypes, Workflow } from "../model/types";
import { t } from "../strings";
import { useCanvas } from "./store";
import { show } from "./view";

/** An empty canvas offers ways to begin: the first node, a template, data, or a sentence. */
export default function EmptyStart({ types }: { types: NodeTypes }) {
  const templates = useTemplates();
  const [text, setText] = useState("");
  const [unclear, setUnclear] = useState(false);
  const describe = () => {
    const drawn = described(text, types);
    setUnclear(drawn === null);
    if (drawn) begin(drawn);
  };
  return (
    <div className="canvas-empty">
      <b>{t.canvas.emptyTitle}</b>
      <span>{t.canvas.emptyText}</span>
      <Group justify="center" mt="sm" gap="xs">
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => show({ finder: { kind: "add" } })}>
          {t.empty.first}
        </Button>
        <Menu>
          <Menu.Target>
            <Button variant="default" leftSection={<IconLayoutGrid size={16} aria-hidden />}>
              {t.empty.template}
            </Button>
          </Menu.Target>
          <Menu.Dropdown mah="50vh" style={{ overflow: "auto" }}>
            {(templates.data ?? []).map((one) => (
              <Menu.Item key={one.id} onClick={() => begin(one.workflow as unknown as Workflow)}>
                {one.name}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
        <UploadButton big calm onUploaded={(dataset, filename) => withData(dataset, filename, types)} />
      </Group>
      <form
        className="describe"
        onSubmit={(event) => {
          event.preventDefault();
          describe();
        }}
      >
        <TextInput
          label={t.empty.describe}
          description={t.empty.describeHint}
          placeholder={t.empty.describeExample}
          error={unclear ? t.empty.unclear : undefined}
          value={text}
          maxLength={1_000}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" mt="xs" leftSection={<IconSparkles size={16} aria-hidden />} disabled={!text.trim()}>
          {t.empty.draw}
        </Button>
      </form>
    </div>
  );
}

/** What was drawn elsewhere becomes this drawing, in one step; a name that somebody gave stays. */
function begin(drawn: Workflow): void {
  const { history, edit } = useCanvas.getState();
  const { name, description } = history.present;
  edit({ ...drawn, name: name === t.canvas.untitled ? drawn.name : name, description: description || drawn.description });
}

function withData(dataset: string, filename: string, types: NodeTypes): void {
  const type = types[loaderOf({ filename })];
  if (!type) return;
  const { history, edit, select } = useCanvas.getState();
  const added = addNode(history.present, type, { x: 0, y: 0 });
  edit(setParam(added.workflow, added.id, "dataset", dataset));
  select(new Set([added.id]));
}
