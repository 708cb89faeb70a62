import { Button, Group, Modal, Radio, Stack, Text } from "@mantine/core";
import { useMemo, useState } from "react";
import { partsOf } from "../model/facts";
import { nodeOf, titleOf } from "../model/lookup";
import { type Collision, merge, type Side } from "../model/merge";
import type { NodeTypes, Workflow } from "../model/types";
import { t } from "../strings";
import { Changes, inWords } from "./Changes";
import { useCanvas, useDocument } from "./store";
import type { Conflict, Save } from "./useAutosave";

/** Two people changed the same thing: both versions are shown, and the person decides. What does not collide was put together before this opens. */
export default function ConflictDialog({ conflict, save, types }: { conflict: Conflict; save: Save; types: NodeTypes }) {
  const mine = useDocument();
  const base = useCanvas((state) => state.saved);
  const [choices, setChoices] = useState<Record<string, Side>>({});
  const merged = useMemo(() => merge(base, mine, conflict.document, choices), [base, mine, conflict.document, choices]);
  const load = () => {
    const { id, load: replace } = useCanvas.getState();
    if (id) replace(id, conflict.revision, conflict.document);
    save.settle();
  };
  const keepBoth = () => {
    useCanvas.getState().rebase(conflict.revision, conflict.document, merged.document);
    save.settle();
  };
  return (
    <Modal opened onClose={() => undefined} withCloseButton={false} closeOnEscape={false} title={t.conflict.title} size="xl">
      <Stack>
        <Text size="sm">{t.conflict.text}</Text>
        <div className="two">
          <section aria-label={t.conflict.changesMine}>
            <h3 className="group-title">{t.conflict.changesMine}</h3>
            <Changes before={base} after={mine} types={types} empty={t.conflict.none} />
          </section>
          <section aria-label={t.conflict.changesTheirs}>
            <h3 className="group-title">{t.conflict.changesTheirs}</h3>
            <Changes before={base} after={conflict.document} types={types} empty={t.conflict.none} />
          </section>
        </div>
        <Text size="sm">{t.conflict.collides}</Text>
        {merged.collisions.map((one) => (
          <Radio.Group key={one.path} label={nameOf(one, mine, conflict.document, types)} value={choices[one.path] ?? "mine"} onChange={(side) => setChoices({ ...choices, [one.path]: side as Side })}>
            <Group mt={4}>
              <Radio value="mine" label={`${t.conflict.mine}: ${worth(one, one.mine)}`} />
              <Radio value="theirs" label={`${t.conflict.theirs}: ${worth(one, one.theirs)}`} />
            </Group>
          </Radio.Group>
        ))}
        <Group>
          <Button onClick={keepBoth}>{t.conflict.merge}</Button>
          <Button variant="default" onClick={() => void save.flush(conflict.revision)}>
            {t.conflict.keepMine}
          </Button>
          <Button variant="default" onClick={load}>
            {t.conflict.loadTheirs}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

/** What a collision is about, as people call it. */
function nameOf({ path }: Collision, mine: Workflow, theirs: Workflow, types: NodeTypes): string {
  const [kind, id = "", what, param = ""] = partsOf(path);
  const node = nodeOf(mine, id) ?? nodeOf(theirs, id);
  const name = node ? titleOf(node, types) : id;
  if (kind === "name" || kind === "description") return t.changes[kind];
  if (kind === "note") return t.changes.note;
  if (kind === "group") return t.changes.group([...(mine.groups ?? []), ...(theirs.groups ?? [])].find((group) => group.id === id)?.label ?? id);
  if (what === "param") return t.changes.param(name, types[node?.type ?? ""]?.params.properties?.[param]?.title ?? param);
  return what === "label" || what === "disabled" ? t.changes[what](name) : name;
}

/** A side's value; of a whole node only whether it stays. */
const worth = ({ path }: Collision, value: unknown): string =>
  value === undefined && partsOf(path).length === 2 ? t.conflict.removed : partsOf(path)[0] === "node" && partsOf(path).length === 2 ? t.changes.legend.changed : inWords(value);
