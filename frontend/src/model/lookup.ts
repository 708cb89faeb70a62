import { byName } from "./record";
import type { DrawnNode, NodeType, NodeTypes, Port, Workflow } from "./types";

const indices = new WeakMap<Workflow, Map<string, DrawnNode>>();

/** The node of an id, from an index that is made once for each document. */
export function nodeOf(workflow: Workflow, id: string): DrawnNode | undefined {
  let index = indices.get(workflow);
  if (!index) {
    index = new Map(workflow.nodes.map((node) => [node.id, node]));
    indices.set(workflow, index);
  }
  return index.get(id);
}

export const titleOf = (node: DrawnNode, types: NodeTypes): string => node.data.label || types[node.type]?.title || node.type;

const standIn = (name: string): Port => ({ name, kind: "any", role: null, title: name });

/**
 * The catalogue, and a stand-in for every type of the drawing that it does not know: a card with the ports that its connections speak of, so that nothing a person drew
 * is lost from sight.
 */
export function withUnknown(workflow: Workflow, types: NodeTypes): NodeTypes {
  const strange = new Set(workflow.nodes.map((node) => node.type).filter((type) => !types[type]));
  if (strange.size === 0) return types;
  const found: NodeTypes = byName([...strange].map((type) => [type, unknownType(type)]));
  for (const { source, target, sourceHandle, targetHandle } of workflow.connections) {
    take(found[nodeOf(workflow, source)?.type ?? ""]?.outputs, sourceHandle ?? "out");
    take(found[nodeOf(workflow, target)?.type ?? ""]?.inputs, targetHandle ?? "in");
  }
  return byName([...Object.entries(types), ...Object.entries(found)]);
}

function take(ports: Port[] | undefined, name: string) {
  if (ports && !ports.some((one) => one.name === name)) ports.push(standIn(name));
}

const unknownType = (type: string): NodeType => ({
  type,
  version: 0,
  title: type,
  group: "",
  family: "",
  icon: "help",
  summary: "",
  help: "",
  inputs: [],
  outputs: [],
  params: {},
  unknown: true,
});

/** What nodes are called, by id; one inside of a sub-workflow after its card, and a node that is not drawn any more keeps its id. */
export const namesOf = (document: Workflow | null, types: NodeTypes) => (id: string): string => {
  const node = document ? nodeOf(document, id) : undefined;
  if (node) return titleOf(node, types);
  const card = document?.nodes.find((one) => one.type === "sub_workflow" && id.startsWith(`${one.id}.`));
  return card ? `${titleOf(card, types)} › ${id.slice(card.id.length + 1)}` : id;
};
