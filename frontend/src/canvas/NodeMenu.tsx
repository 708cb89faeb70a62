import { Menu } from "@mantine/core";
import type { Action } from "../ui/actions";
import { nodeOf } from "../model/lookup";
import { insideOf } from "../model/nested";
import { shown } from "../ui/actions";
import { useCanvas } from "./store";
import { show, useView } from "./view";

const IDS = ["until", "since", "only", "inside", "data", "connect", "after", "rename", "disable", "duplicate", "copy", "cut", "group", "delete"];

/** What can be done with one node, where the pointer is. Everything in it has a key, too. */
export function NodeMenu({ actions }: { actions: Action[] }) {
  const menu = useView((state) => state.menu);
  if (!menu) return null;
  const act = (action: Action) => {
    useCanvas.getState().select(new Set([menu.node]));
    action.act();
  };
  const leads = insideOf(nodeOf(useCanvas.getState().history.present, menu.node)) !== null;
  const items = IDS.filter((id) => id !== "inside" || leads).flatMap((id) => actions.find((one) => one.id === id) ?? []);
  return (
    <Menu opened onClose={() => show({ menu: null })} position="bottom-start" transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <div style={{ position: "fixed", left: menu.x, top: menu.y, width: 1, height: 1 }} />
      </Menu.Target>
      <Menu.Dropdown>
        {items.map((action) => (
          <Menu.Item key={action.id} rightSection={<kbd>{shown(action.keys[0])}</kbd>} onClick={() => act(action)}>
            {action.title}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
