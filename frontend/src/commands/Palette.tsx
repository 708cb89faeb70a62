import { useDebouncedValue } from "@mantine/hooks";
import { IconArrowRight, IconBolt, IconBox, IconHierarchy2, IconRocket } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useLocation } from "wouter";
import { useCatalog, useEndpoints, useModels, useWorkflows } from "../api/queries";
import { addAtEnd } from "../canvas/adding";
import { useCanvas } from "../canvas/store";
import { show } from "../canvas/view";
import { titleOf } from "../model/lookup";
import { byType } from "../model/types";
import { t } from "../strings";
import { shown, useActions } from "../ui/actions";
import { type Choice, Finder } from "../ui/Finder";
import { TypeIcon } from "../ui/icons";

/** Everything by name: what can be done here, nodes to add and to go to, workflows, models, endpoints, pages. */
export default function CommandPalette({ places }: { places: [string, string][] }) {
  const [, navigate] = useLocation();
  const actions = useActions((state) => state.list);
  const document = useCanvas((state) => state.history.present);
  const catalog = useCatalog();
  const workflows = useWorkflows();
  const [typed, setTyped] = useState("");
  const [search] = useDebouncedValue(typed.trim().slice(0, 200), 200);
  const models = useModels(search);
  const endpoints = useEndpoints();
  const choices = useMemo((): Choice[] => {
    const onCanvas = actions.length > 0;
    const types = catalog.data ? byType(catalog.data) : {};
    const go = (to: string) => () => navigate(to);
    const can = actions.filter((action) => action.enabled());
    return [
      ...can.map((action) => ({ id: `do ${action.id}`, title: action.title, group: t.finder.actions, keys: shown(action.keys[0]), icon: <IconBolt size={16} aria-hidden />, take: action.act })),
      ...places.map(([path, name]) => ({ id: `page ${path}`, title: name, group: t.finder.pages, icon: <IconArrowRight size={16} aria-hidden />, take: go(path) })),
      ...(onCanvas ? document.nodes : []).map((node) => ({
        id: `node ${node.id}`,
        title: titleOf(node, types),
        group: t.finder.goto,
        icon: <TypeIcon name={types[node.type]?.icon ?? ""} size={16} />,
        take: () => {
          useCanvas.getState().select(new Set([node.id]));
          show({ attention: { node: node.id, field: null } });
        },
      })),
      ...(onCanvas ? (catalog.data?.nodes ?? []) : []).map((type) => ({
        id: `add ${type.type}`,
        title: type.title,
        detail: type.summary,
        group: t.finder.add,
        icon: <TypeIcon name={type.icon} size={16} />,
        take: () => addAtEnd(type),
      })),
      ...(workflows.data ?? []).map((one) => ({ id: one.id, title: one.name, group: t.finder.workflows, icon: <IconHierarchy2 size={16} aria-hidden />, take: go(`/workflows/${one.id}`) })),
      ...(models.data?.pages[0]?.items ?? []).map((one) => ({ id: `model ${one.name}`, title: one.name, group: t.finder.models, icon: <IconBox size={16} aria-hidden />, take: go(`/models/${encodeURIComponent(one.name)}`) })),
      ...(endpoints.data ?? []).map((one) => ({ id: one.id, title: one.name, group: t.finder.endpoints, icon: <IconRocket size={16} aria-hidden />, take: go(`/endpoints/${one.id}`) })),
    ];
  }, [actions, document, catalog.data, workflows.data, models.data, endpoints.data, places, navigate]);
  return <Finder title={t.canvas.palettes} opened choices={choices} nothing={t.finder.nothing} onType={setTyped} onClose={() => useActions.getState().openPalette(false)} />;
}
