import { Tabs } from "@mantine/core";
import { memo } from "react";
import type { NodeType, NodeTypes } from "../model/types";
import { t } from "../strings";
import { Outline } from "./Outline";
import { Palette } from "./Palette";
import { show, useView } from "./view";

interface LeftProps {
  types: NodeTypes;
  palette: NodeType[];
  onAdd: (type: NodeType) => void;
}

/** The left side: what can be added, or what is drawn as a list. */
export const LeftPanel = memo(function LeftPanel({ types, palette, onAdd }: LeftProps) {
  const left = useView((state) => state.left);
  return (
    <div className="side left">
      <Tabs value={left} onChange={(value) => show({ left: value === "outline" ? "outline" : "nodes" })} keepMounted={false}>
        <Tabs.List grow mb="xs">
          <Tabs.Tab value="nodes">{t.canvas.palette}</Tabs.Tab>
          <Tabs.Tab value="outline">{t.canvas.outline}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="nodes">
          <Palette types={palette} onAdd={onAdd} />
        </Tabs.Panel>
        <Tabs.Panel value="outline">
          <Outline types={types} />
        </Tabs.Panel>
      </Tabs>
    </div>
  );
});
