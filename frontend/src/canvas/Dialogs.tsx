import { Button, Modal, Select, Stack, Table, Text } from "@mantine/core";
import { useState } from "react";
import type { Finding } from "../api/client";
import { t } from "../strings";
import { type Action, shown } from "../ui/actions";
import { usePreference } from "../ui/preferences";
import type { Runner } from "./useRunner";
import { show, useView } from "./view";

/** What is asked or shown over the canvas now and then. */
export default function Dialogs({ runner, problems, actions }: { runner: Runner; problems: readonly Finding[]; actions: Action[] }) {
  return (
    <>
      <TargetQuestion runner={runner} problems={problems} />
      <Help actions={actions} />
    </>
  );
}

/** The drawing leaves open what is learned: ask once. */
function TargetQuestion({ runner, problems }: { runner: Runner; problems: readonly Finding[] }) {
  const [target, setTarget] = useState<string | null>(null);
  const asked = problems.find((one) => one.code === "target-missing");
  const columns = /Its columns: ([^…]*)…?\.$/.exec(asked?.hint ?? "")?.[1]?.split(", ") ?? [];
  return (
    <Modal opened={runner.asking} onClose={runner.stopAsking} title={t.canvas.chooseTarget} closeButtonProps={{ "aria-label": t.common.close }}>
      <Stack>
        <Text size="sm">{t.canvas.chooseTargetText}</Text>
        <Select label={t.data.target} data={columns} value={target} onChange={setTarget} searchable />
        <Button disabled={!target} onClick={() => target && runner.answer(target)}>
          {t.canvas.run}
        </Button>
      </Stack>
    </Modal>
  );
}

/** Every key, from the list that the keys themselves are made of. */
function Help({ actions }: { actions: Action[] }) {
  const opened = useView((state) => state.help);
  const single = usePreference("singleKeys");
  const rows: [string, string][] = [
    [t.canvas.palettes, shown("Mod+k") ?? ""],
    ...actions.filter((action) => action.keys.length).map((action): [string, string] => [action.title, action.keys.map(shown).join(", ")]),
    [t.canvas.moveKeys, t.canvas.arrows],
    [t.canvas.addToSelection, t.canvas.ctrlClick],
    [t.canvas.addInOutline, t.canvas.space],
    [t.canvas.selectBox, t.canvas.shiftDrag],
  ];
  return (
    <Modal opened={opened} onClose={() => show({ help: false })} title={t.canvas.shortcuts} size="lg" closeButtonProps={{ "aria-label": t.common.close }}>
      {!single && <Text size="sm">{t.canvas.shortcutsOff}</Text>}
      <Table className="keys">
        <Table.Tbody>
          {rows.map(([what, keys]) => (
            <Table.Tr key={what}>
              <Table.Td>{what}</Table.Td>
              <Table.Td>
                <kbd>{keys}</kbd>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
