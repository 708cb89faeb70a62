import { IconX } from "@tabler/icons-react";
import { type KeyboardEvent, useMemo } from "react";
import type { Wire } from "../model/connect";
import { wireOf } from "../model/connect";
import { withoutConnections } from "../model/document";
import { groupKey, noteKey } from "../model/frames";
import { nodeOf, titleOf } from "../model/lookup";
import { outline, type OutlineItem } from "../model/outline";
import type { NodeTypes } from "../model/types";
import { t } from "../strings";
import { Status } from "../ui/Status";
import { useStanding } from "./standing";
import { useCanvas, useDocument } from "./store";
import { show } from "./view";

/** The drawing as a list: whoever cannot use the picture reads, selects, opens and disconnects here. */
export function Outline({ types }: { types: NodeTypes }) {
  const document = useDocument();
  const items = useMemo(() => outline(document, types), [document, types]);
  if (items.length === 0) return <p className="group-title">{t.canvas.outlineEmpty}</p>;
  return (
    <>
      <ol className="outline" aria-label={t.canvas.outline}>
        {items.map((item) => (
          <Line key={item.node.id} item={item} types={types} />
        ))}
      </ol>
      <Framed title={t.canvas.groups} lines={(document.groups ?? []).map((group) => [groupKey(group.id), group.label, t.canvas.members(t.changes.nodes(group.nodes.length))])} />
      <Framed title={t.canvas.notes} lines={(document.notes ?? []).map((note) => [noteKey(note.id), note.text || t.canvas.note, ""])} />
    </>
  );
}

/** Groups or notes: chosen here, they are edited in the panel beside. */
function Framed({ title, lines }: { title: string; lines: [string, string, string][] }) {
  const selection = useCanvas((state) => state.selection);
  if (lines.length === 0) return null;
  return (
    <>
      <h2 className="group-title">{title}</h2>
      <ul className="outline">
        {lines.map(([key, words, detail]) => (
          <li key={key}>
            <button type="button" className="outline-node" aria-pressed={selection.has(key)} onClick={() => useCanvas.getState().select(new Set([key]))}>
              <span className="clamped">{words}</span>
              {detail && <small>{detail}</small>}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function Line({ item: { node, to }, types }: { item: OutlineItem; types: NodeTypes }) {
  const run = useStanding((state) => state.runs[node.id]);
  const chosen = useCanvas((state) => state.selection.has(node.id));
  const pick = (together: boolean) => {
    const { selection, select } = useCanvas.getState();
    const next = new Set(together ? selection : []);
    if (together && next.has(node.id)) next.delete(node.id);
    else next.add(node.id);
    select(next);
    if (!together) show({ attention: { node: node.id, field: null } });
  };
  // Enter chooses one, Space one more: several can be chosen without a mouse.
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== " ") return;
    event.preventDefault();
    pick(true);
  };
  return (
    <li>
      <button type="button" className="outline-node" aria-pressed={chosen} onClick={(event) => pick(event.ctrlKey || event.metaKey || event.shiftKey)} onKeyDown={onKey}>
        <span>{titleOf(node, types)}</span>
        {node.data.disabled && <small className="off">{t.canvas.disabled}</small>}
        {run && <Status name={run.status} />}
      </button>
      {to.length > 0 && (
        <ul>
          {to.map((wire) => (
            <Link key={`${wire.sourceHandle}>${wire.target}.${wire.targetHandle}`} wire={wire} types={types} />
          ))}
        </ul>
      )}
    </li>
  );
}

function Link({ wire, types }: { wire: Wire; types: NodeTypes }) {
  const document = useDocument();
  const name = (id: string) => {
    const node = nodeOf(document, id);
    return node ? titleOf(node, types) : id;
  };
  const remove = () => {
    const index = document.connections.findIndex((one) => {
      const found = wireOf(document, types, one);
      return found && found.source === wire.source && found.target === wire.target && found.sourceHandle === wire.sourceHandle && found.targetHandle === wire.targetHandle;
    });
    if (index >= 0) useCanvas.getState().edit(withoutConnections(document, new Set([index])));
  };
  return (
    <li className="outline-link">
      <span>
        {wire.sourceHandle} → {name(wire.target)}
      </span>
      <button type="button" aria-label={t.canvas.disconnect(name(wire.source), name(wire.target))} title={t.canvas.disconnect(name(wire.source), name(wire.target))} onClick={remove}>
        <IconX size={14} aria-hidden />
      </button>
    </li>
  );
}
