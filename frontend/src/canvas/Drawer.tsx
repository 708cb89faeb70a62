import { ActionIcon, Group, Tabs } from "@mantine/core";
import { IconArrowsDiagonal, IconArrowsDiagonalMinimize, IconX } from "@tabler/icons-react";
import { useReactFlow } from "@xyflow/react";
import { type RefObject, useEffect, useMemo, useRef, useState } from "react";
import type { NodeRun } from "../api/client";
import { useNodeDetail } from "../api/queries";
import { PortTable } from "../data/PortTable";
import type { Preview } from "../data/ColumnHead";
import { cellRows, tablesOf } from "../model/ports";
import { nodeOf, titleOf } from "../model/lookup";
import type { NodeTypes } from "../model/types";
import { t } from "../strings";
import { useDocument } from "./store";
import { show, useView } from "./view";

interface DrawerProps {
  types: NodeTypes;
  run: string | null;
  nodeRuns: Record<string, NodeRun>;
}

/** Below the canvas: the rows at a port, one tab for each table of the node. */
export default function Drawer({ types, run, nodeRuns }: DrawerProps) {
  const open = useView((state) => state.port);
  const [tall, setTall] = useState(false);
  const document = useDocument();
  const node = nodeOf(document, open?.node ?? "");
  const detail = useNodeDetail(run, nodeRuns[node?.id ?? ""]?.node ?? node?.id ?? null, nodeRuns[node?.id ?? ""]?.status);
  const tables = useMemo(() => (node ? tablesOf(types[node.type], detail.data?.manifest ?? null) : []), [node, types, detail.data]);
  const chosen = tables.find((one) => one.name === open?.port) ?? tables[0];
  const cell = open?.cell;
  const only = useMemo(() => (cell && chosen?.about ? cellRows(chosen.about, cell) : undefined), [cell, chosen]);
  const flow = useReactFlow();
  const id = node?.id;
  useEffect(() => {
    // The canvas is lower now: the node whose rows are shown stays in sight.
    if (id) requestAnimationFrame(() => void flow.fitView({ nodes: [{ id }], maxZoom: 0.9, padding: 0.4 }));
  }, [id, flow]);
  const frame = useFocus(open ? `${open.node} ${open.cell?.truth} ${open.cell?.predicted}` : "");
  if (!open || !node) return null;
  const preview = chosen && ((detail.data?.previews ?? {}) as Record<string, Preview>)[chosen.name];
  return (
    <section
      ref={frame}
      tabIndex={-1}
      className={tall ? "drawer tall" : "drawer"}
      aria-label={t.table.drawer}
      onKeyDown={(event) => {
        if (event.key === "Escape" && !event.defaultPrevented) show({ port: null });
      }}
    >
      <Tabs value={chosen?.name ?? ""} onChange={(port) => port && show({ port: { node: node.id, port } })} variant="pills" className="drawer-tabs">
        <Group justify="space-between" mb={4}>
          <Group gap="sm">
            <b>{titleOf(node, types)}</b>
            <Tabs.List>
              {tables.map((one) => (
                <Tabs.Tab key={one.name} value={one.name}>
                  {one.title}
                </Tabs.Tab>
              ))}
            </Tabs.List>
            {cell && <span className="cell-words">{t.plot.cellRows(cell.truth, cell.predicted)}</span>}
          </Group>
          <Group gap={4}>
            <ActionIcon variant="subtle" aria-label={tall ? t.table.lower : t.table.taller} onClick={() => setTall(!tall)}>
              {tall ? <IconArrowsDiagonalMinimize size={16} aria-hidden /> : <IconArrowsDiagonal size={16} aria-hidden />}
            </ActionIcon>
            <ActionIcon variant="subtle" aria-label={t.table.close} onClick={() => show({ port: null })}>
              <IconX size={16} aria-hidden />
            </ActionIcon>
          </Group>
        </Group>
        {chosen && (
          <Tabs.Panel value={chosen.name} className="drawer-body">
            {preview ? (
              <PortTable
                key={`${run} ${node.id} ${chosen.name} ${cell ? `${cell.truth} ${cell.predicted}` : ""}`}
                name={`${node.id}-${chosen.name}`}
                id={`${chosen.sha256}`}
                preview={preview}
                address={detail.data?.downloads[chosen.name] ?? null}
                bytes={chosen.bytes}
                only={only}
              />
            ) : (
              <p className="group-title">{t.table.noRows}</p>
            )}
          </Tabs.Panel>
        )}
      </Tabs>
      {!chosen && <p className="group-title">{t.table.notTable}</p>}
    </section>
  );
}

/** Who opens the drawer is led into it, and back to where they were when it is closed. */
function useFocus(what: string): RefObject<HTMLElement | null> {
  const frame = useRef<HTMLElement>(null);
  const before = useRef<Element | null>(null);
  useEffect(() => {
    if (!frame.current?.contains(document.activeElement)) before.current = document.activeElement;
    frame.current?.focus({ preventScroll: true });
  }, [what]);
  useEffect(
    () => () => {
      if (before.current instanceof HTMLElement && before.current.isConnected) before.current.focus({ preventScroll: true });
    },
    [],
  );
  return frame;
}
