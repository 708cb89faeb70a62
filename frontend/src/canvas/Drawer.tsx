import { ActionIcon, Group, Tabs } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import type { NodeRun } from "../api/client";
import { useNodeDetail } from "../api/queries";
import { nodeOf, titleOf } from "../model/lookup";
import type { NodeTypes } from "../model/types";
import { type Preview, TablePreview } from "../run/TablePreview";
import { t } from "../strings";
import { useDocument } from "./store";
import { show, useView } from "./view";

interface DrawerProps {
  types: NodeTypes;
  run: string | null;
  nodeRuns: Record<string, NodeRun>;
}

/** Below the canvas: the rows at a port, one tab for each port of the node. */
export function Drawer({ types, run, nodeRuns }: DrawerProps) {
  const open = useView((state) => state.port);
  const document = useDocument();
  const node = nodeOf(document, open?.node ?? "");
  const detail = useNodeDetail(run, node?.id ?? null, nodeRuns[node?.id ?? ""]?.status);
  if (!open || !node) return null;
  const ports = (types[node.type]?.outputs ?? []).filter((port) => port.kind === "table");
  const chosen = ports.find((port) => port.name === open.port) ?? ports[0];
  const preview = chosen && ((detail.data?.previews ?? {}) as Record<string, Preview>)[chosen.name];
  return (
    <section className="drawer" aria-label={t.table.drawer}>
      <Tabs value={chosen?.name ?? ""} onChange={(port) => port && show({ port: { node: node.id, port } })} variant="pills">
        <Group justify="space-between" mb={4}>
          <Group gap="sm">
            <b>{titleOf(node, types)}</b>
            <Tabs.List>
              {ports.map((port) => (
                <Tabs.Tab key={port.name} value={port.name}>
                  {port.title}
                </Tabs.Tab>
              ))}
            </Tabs.List>
          </Group>
          <ActionIcon variant="subtle" aria-label={t.table.close} onClick={() => show({ port: null })}>
            <IconX size={16} aria-hidden />
          </ActionIcon>
        </Group>
        {chosen && (
          <Tabs.Panel value={chosen.name}>{preview ? <TablePreview preview={preview} /> : <p className="group-title">{ports.length ? t.table.noRows : t.table.notTable}</p>}</Tabs.Panel>
        )}
      </Tabs>
      {!chosen && <p className="group-title">{t.table.notTable}</p>}
    </section>
  );
}
