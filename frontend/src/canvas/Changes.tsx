import { type ReactNode, useMemo } from "react";
import { type Change, changes, fates } from "../model/changes";
import { NODE_HEIGHT, NODE_WIDTH } from "../model/layout";
import { nodeOf, titleOf } from "../model/lookup";
import type { NodeTypes, Workflow } from "../model/types";
import { shortened, t } from "../strings";

const MOST = 40;

interface ChangesProps {
  before: Workflow;
  after: Workflow;
  types: NodeTypes;
  empty: string;
}

/** What became of one drawing in another, line by line: by node and by param, with the value before and after. */
export function Changes({ before, after, types, empty }: ChangesProps) {
  const found = useMemo(() => changes(before, after), [before, after]);
  const name = (id: string) => nameIn(id, after, types) ?? nameIn(id, before, types) ?? id;
  const moved = found.filter((one) => one.kind === "moved").length;
  const lines = found.filter((one) => one.kind !== "moved");
  if (found.length === 0) return <p>{empty}</p>;
  return (
    <ul className="changes">
      {lines.slice(0, MOST).map((change, index) => (
        <li key={index} className={`change-${change.kind}`}>
          {line(change, name, (node, param) => types[node.type]?.params.properties?.[param]?.title ?? param, (id) => nodeOf(after, id) ?? nodeOf(before, id))}
        </li>
      ))}
      {lines.length > MOST && <li>{t.changes.more(lines.length - MOST)}</li>}
      {moved > 0 && <li>{t.changes.moved(t.changes.nodes(moved))}</li>}
    </ul>
  );
}

function nameIn(id: string, workflow: Workflow, types: NodeTypes): string | undefined {
  const node = nodeOf(workflow, id);
  return node && titleOf(node, types);
}

type Named = (id: string) => string;

function line(change: Change, name: Named, title: (node: { type: string }, param: string) => string, node: (id: string) => { type: string } | undefined): ReactNode {
  switch (change.kind) {
    case "added":
    case "removed":
      return t.changes[change.kind](name(change.node));
    case "connected":
    case "disconnected":
      return t.changes[change.kind](name(change.wire.source), name(change.wire.target));
    case "moved":
      return t.changes.moved(name(change.node));
    case "param":
      return <Pair what={t.changes.param(name(change.node), title(node(change.node) ?? { type: "" }, change.param))} {...change} />;
    case "disabled":
      return <Pair what={t.changes.disabled(name(change.node))} before={change.before ? t.changes.off : t.changes.on} after={change.after ? t.changes.off : t.changes.on} />;
    case "type":
    case "label":
      return <Pair what={t.changes[change.kind](name(change.node))} {...change} />;
    case "group":
      return <Pair what={t.changes.group(String(change.after ?? change.before ?? ""))} before={undefined} after={undefined} />;
    case "note":
      return <Pair what={t.changes.note} {...change} />;
    default:
      return <Pair what={t.changes[change.kind]} {...change} />;
  }
}

function Pair({ what, before, after }: { what: string; before: unknown; after: unknown }) {
  if (before === undefined && after === undefined) return what;
  return (
    <>
      {what}: <del>{inWords(before)}</del> <span className="visually-hidden">{t.changes.became}</span> <ins>{inWords(after)}</ins>
    </>
  );
}

/** A value short enough for a line. */
export function inWords(value: unknown): string {
  if (value === undefined || value === null || value === "") return t.conflict.unset;
  return shortened(typeof value === "string" ? value : JSON.stringify(value), 120);
}

/** Both drawings in one picture: what was added, removed and changed, told by line and sign as well as by colour. */
export function DiffPicture({ before, after }: Pick<ChangesProps, "before" | "after">) {
  const fate = useMemo(() => fates(before, after), [before, after]);
  const nodes = [...after.nodes, ...before.nodes.filter((node) => fate.get(node.id) === "removed")];
  if (nodes.length === 0) return null;
  const [left, top] = [Math.min(...nodes.map((node) => node.position.x)), Math.min(...nodes.map((node) => node.position.y))];
  const width = Math.max(...nodes.map((node) => node.position.x)) + NODE_WIDTH - left;
  const height = Math.max(...nodes.map((node) => node.position.y)) + NODE_HEIGHT - top;
  const middle = new Map(nodes.map((node) => [node.id, { x: node.position.x + NODE_WIDTH / 2, y: node.position.y + NODE_HEIGHT / 2 }]));
  return (
    <figure className="diff-picture">
      <svg viewBox={`${left - 20} ${top - 20} ${width + 40} ${height + 40}`} role="img" aria-label={t.changes.picture}>
        {after.connections.map((one, index) => {
          const [from, to] = [middle.get(one.source), middle.get(one.target)];
          return from && to && <line key={index} x1={from.x} y1={from.y} x2={to.x} y2={to.y} />;
        })}
        {nodes.map((node) => (
          <g key={node.id} className={fate.get(node.id) ?? "same"} transform={`translate(${node.position.x} ${node.position.y})`}>
            <rect width={NODE_WIDTH} height={NODE_HEIGHT} rx={14} />
            <text x={NODE_WIDTH / 2} y={NODE_HEIGHT / 2}>
              {{ added: "+", removed: "−", changed: "≠" }[fate.get(node.id) as "added"] ?? ""}
            </text>
          </g>
        ))}
      </svg>
      <figcaption>
        {(["added", "removed", "changed"] as const).map((one) => (
          <span key={one} className={one}>
            {{ added: "+", removed: "−", changed: "≠" }[one]} {t.changes.legend[one]}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}
