import { lazy, Suspense } from "react";
import type { Finding } from "../api/client";
import type { NodeType, NodeTypes } from "../model/types";
import type { Action } from "../ui/actions";
import type { Save } from "./useAutosave";
import type { Runner } from "./useRunner";
import { useView } from "./view";

const ConflictDialog = lazy(() => import("./Conflict"));
const Dialogs = lazy(() => import("./Dialogs"));
const loadFinders = () => import("./Finders");
const Finders = lazy(loadFinders);
/** Adding a node should not wait for the first time. Where the network is away it waits all the same. */
export const preloadFinders = (): void => void loadFinders().catch(() => undefined);
const Versions = lazy(() => import("./Versions"));

interface OverlaysProps {
  id: string;
  types: NodeTypes;
  palette: NodeType[];
  problems: readonly Finding[];
  runner: Runner;
  actions: Action[];
  save: Save;
}

/** What lies over the canvas now and then; each comes when it is opened. */
export function Overlays({ id, types, palette, problems, runner, actions, save }: OverlaysProps) {
  const finder = useView((state) => state.finder !== null);
  const help = useView((state) => state.help);
  const versions = useView((state) => state.versions);
  return (
    <Suspense>
      {finder && <Finders types={types} palette={palette} />}
      {(help || runner.asking) && <Dialogs runner={runner} problems={problems} actions={actions} />}
      {save.conflict && <ConflictDialog conflict={save.conflict} save={save} types={types} />}
      {versions && <Versions workflow={id} types={types} />}
    </Suspense>
  );
}
