import { useMemo, useState } from "react";
import { options } from "../model/connect";
import { connect } from "../model/document";
import { nodeOf, titleOf } from "../model/lookup";
import { accept, suggestions } from "../model/suggest";
import type { NodeType, NodeTypes, Workflow } from "../model/types";
import { t } from "../strings";
import { type Choice, Finder } from "../ui/Finder";
import { TypeIcon } from "../ui/icons";
import { addAtEnd } from "./adding";
import { useCanvas } from "./store";
import { show, useView, type Finding } from "./view";

/** The quick-add palette, and connecting by keyboard. */
export default function Finders({ types, palette }: { types: NodeTypes; palette: NodeType[] }) {
  const finder = useView((state) => state.finder);
  const [typed] = useState(() => useView.getState().typed);
  const close = () => show({ finder: null, typed: "" });
  const choices = useMemo(() => (finder ? choicesOf(finder, useCanvas.getState().history.present, types, palette) : []), [finder, types, palette]);
  const title = finder?.kind === "connect" ? t.canvas.connectTo : t.canvas.addNode;
  return <Finder title={title} opened={finder !== null} choices={choices} nothing={finder?.kind === "connect" ? t.canvas.noTarget : t.canvas.nothingFits} typed={typed} onClose={close} />;
}

function choicesOf(finder: Finding, workflow: Workflow, types: NodeTypes, palette: NodeType[]): Choice[] {
  if (finder.kind === "add") return palette.map((type) => ({ ...shown(type), take: () => addAtEnd(type) }));
  if (finder.kind === "connect") return targets(workflow, types, finder.node);
  const { place, at } = finder;
  return suggestions(workflow, types, place).map((one) => {
    const ports = place.side === "out" ? t.canvas.fits(one.mine, one.theirs) : t.canvas.fits(one.theirs, one.mine);
    return {
      ...shown(one.type),
      id: `${one.type.type} ${ports}`,
      detail: ports,
      words: one.type.summary,
      take: () => {
        const { history, edit, select } = useCanvas.getState();
        const added = accept(history.present, place, one, at);
        edit(added.workflow);
        select(new Set([added.id]));
      },
    };
  });
}

const shown = (type: NodeType) => ({ id: type.type, title: type.title, detail: type.summary, words: type.type, group: type.group, icon: <TypeIcon name={type.icon} /> });

/** What a node may be joined to, in both directions. */
function targets(workflow: Workflow, types: NodeTypes, node: string): Choice[] {
  const out = options(workflow, types, node);
  const into = workflow.nodes.filter((one) => one.id !== node).flatMap((one) => options(workflow, types, one.id).filter((wire) => wire.target === node));
  return [...out, ...into].map((wire) => {
    const other = nodeOf(workflow, wire.source === node ? wire.target : wire.source);
    return {
      id: `${wire.source}.${wire.sourceHandle}>${wire.target}.${wire.targetHandle}`,
      title: wire.source === node ? `${wire.sourceHandle} → ${other ? titleOf(other, types) : ""}` : `${other ? titleOf(other, types) : ""} → ${wire.targetHandle}`,
      detail: t.canvas.fits(wire.sourceHandle, wire.targetHandle),
      group: wire.source === node ? t.canvas.outlineTo : t.canvas.outlineFrom,
      icon: <TypeIcon name={types[other?.type ?? ""]?.icon ?? ""} />,
      take: () => {
        const { history, edit } = useCanvas.getState();
        edit(connect(history.present, wire));
      },
    };
  });
}
