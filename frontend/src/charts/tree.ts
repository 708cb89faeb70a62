import { type Chart, list } from "./kinds";

/** A node of a tree as it is reported: from the top, level by level. */
export interface Question {
  parent: number | null;
  holds: boolean | null;
  question: string | null;
  empty_holds?: boolean | null;
  rows: number;
  answer: string;
  share?: number | null;
}

export interface Placed extends Question {
  /** Its place in the report. */
  at: number;
  /** How many questions lie above. */
  depth: number;
  /** Its line, counted from the top in leaves; a question stands in the middle of what it leads to. */
  line: number;
}

/** Where each node stands: leaves on lines of their own, each question in the middle of its answers. In reading order, which is depth first. */
export function placed(chart: Chart): Placed[] {
  const nodes = list<Question>(chart, "nodes");
  const below = new Map<number | null, number[]>();
  nodes.forEach((one, at) => below.set(one.parent, [...(below.get(one.parent) ?? []), at]));
  const found: Placed[] = [];
  let leaves = 0;
  const put = (at: number, depth: number): number => {
    const one = nodes[at];
    if (!one) return leaves;
    const here: Placed = { ...one, at, depth, line: 0 };
    found.push(here);
    const lines = (below.get(at) ?? []).map((child) => put(child, depth + 1));
    here.line = lines.length ? lines.reduce((sum, line) => sum + line, 0) / lines.length : leaves++;
    return here.line;
  };
  if (nodes.length) put(0, 0);
  return found;
}
