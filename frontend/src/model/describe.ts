import { connect, emptyWorkflow } from "./document";
import { options, wires } from "./connect";
import { NODE_WIDTH } from "./layout";
import type { NodeType, NodeTypes, Workflow } from "./types";

/**
 * A first drawing from a sentence. Nothing is guessed beyond words: a node type whose title stands in the text is taken, and what a model cannot do without (data, a
 * split, a score) is added. The drawing is a start to be changed, like a template.
 */

const FAMILIES = ["source", "row", "feature", "split", "train", "evaluate", "effect"];
const STANDARD: Record<string, string> = { source: "sample_dataset", feature: "preprocess", split: "train_test_split", evaluate: "evaluate" };
const GAP = 56;

export function described(text: string, types: NodeTypes): Workflow | null {
  const words = plain(text);
  const named = Object.values(types).filter((type) => !type.unknown && mentions(words, type));
  if (named.length === 0) return null;
  const chosen = complete(named, types).sort((a, b) => FAMILIES.indexOf(a.family) - FAMILIES.indexOf(b.family));
  const nodes = chosen.map((type, index) => ({ id: type.type, type: type.type, position: { x: index * (NODE_WIDTH + GAP), y: 0 }, data: { label: type.title, params: choicesIn(words, type) } }));
  return joined({ ...emptyWorkflow(text.trim().slice(0, 80)), nodes }, types);
}

const plain = (text: string): string => ` ${text.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, " ").trim()} `;

/** The title, or the id without its family's prefix, as whole words. */
function mentions(words: string, type: NodeType): boolean {
  return [type.title, type.type, type.type.replace(/^train_/, "")].some((name) => words.includes(plain(name)));
}

/** A model needs rows to learn from, rows to be judged by, and a judge. */
function complete(named: NodeType[], types: NodeTypes): NodeType[] {
  const has = (family: string) => named.some((type) => type.family === family);
  const judged = named.some((type) => type.outputs.some((port) => port.kind === "evaluation"));
  const learning = ["feature", "split"].filter((family) => !has(family));
  const wanted = [...(has("source") ? [] : ["source"]), ...(has("train") ? [...learning, ...(judged ? [] : ["evaluate"])] : [])];
  return [...named, ...wanted.flatMap((family) => types[STANDARD[family] ?? ""] ?? [])];
}

/** A choice whose word stands in the text, such as the name of a sample. */
function choicesIn(words: string, type: NodeType): Record<string, unknown> {
  const found = Object.entries(type.params.properties ?? {}).flatMap(([name, schema]) => {
    const choice = schema["x-widget"] === "sample" ? schema.enum?.find((one) => words.includes(plain(String(one).replace(/^sample:/, "")))) : undefined;
    return choice === undefined ? [] : [[name, choice] as const];
  });
  return Object.fromEntries(found);
}

/** Feed each node from the nearest one before it that fits. */
function joined(workflow: Workflow, types: NodeTypes): Workflow {
  let drawn = workflow;
  for (const [index, node] of workflow.nodes.entries()) {
    const inputs = (types[node.type]?.inputs ?? []).filter((port) => port.required !== false && !port.implied);
    for (const port of inputs) {
      for (const before of workflow.nodes.slice(0, index).reverse()) {
        if (wires(drawn, types).some((wire) => wire.target === node.id && wire.targetHandle === port.name)) break;
        const fit = options(drawn, types, before.id).find((wire) => wire.target === node.id && wire.targetHandle === port.name);
        if (fit) drawn = connect(drawn, fit);
      }
    }
  }
  return drawn;
}
