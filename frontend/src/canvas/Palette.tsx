import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { type DragEvent, memo, useMemo, useState } from "react";
import { groupPlace } from "../model/suggest";
import type { NodeType } from "../model/types";
import { t } from "../strings";
import { TypeIcon } from "../ui/icons";

export const DRAG_TYPE = "application/x-flowza-node";

/** The node types in groups: drag one onto the canvas, click it, or press Enter. */
export const Palette = memo(function Palette({ types, onAdd }: { types: NodeType[]; onAdd: (type: NodeType) => void }) {
  const [words, setWords] = useState("");
  const groups = useMemo(() => grouped(types, words), [types, words]);
  return (
    <nav aria-label={t.canvas.palette}>
      <TextInput
        aria-label={t.canvas.search}
        placeholder={t.canvas.search}
        leftSection={<IconSearch size={14} aria-hidden />}
        size="xs"
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
        onKeyDown={(event) => {
          const first = best(groups, words);
          if (event.key === "Enter" && first) onAdd(first);
          if (event.key === "Escape") setWords("");
        }}
      />
      {groups.map(([group, members]) => (
        <section key={group}>
          <h2 className="group-title">{group}</h2>
          {members.map((type) => (
            <button
              key={type.type}
              type="button"
              className="palette-item"
              draggable
              title={`${type.summary} ${t.canvas.dragHint}.`}
              onDragStart={(event: DragEvent) => event.dataTransfer.setData(DRAG_TYPE, type.type)}
              onClick={() => onAdd(type)}
            >
              <TypeIcon name={type.icon} />
              {type.title}
            </button>
          ))}
        </section>
      ))}
      {groups.length === 0 && <p className="group-title">{t.canvas.nothingFound}</p>}
    </nav>
  );
});

/** What Enter takes: a node of that title before one that only speaks of it. */
function best(groups: [string, NodeType[]][], words: string): NodeType | undefined {
  const hits = groups.flatMap(([, members]) => members);
  return hits.find((type) => type.title.toLowerCase().includes(words.trim().toLowerCase())) ?? hits[0];
}

function grouped(types: NodeType[], words: string): [string, NodeType[]][] {
  const wanted = words.trim().toLowerCase();
  const hits = types.filter((type) => `${type.title} ${type.type} ${type.summary}`.toLowerCase().includes(wanted));
  const found = new Map<string, NodeType[]>();
  for (const type of hits) found.set(type.group, [...(found.get(type.group) ?? []), type]);
  return [...found].sort(([a], [b]) => groupPlace(a) - groupPlace(b));
}
