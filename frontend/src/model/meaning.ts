import type { Workflow } from "./types";

const known = new WeakMap<Workflow, string>();

/** Two drawings with the same text mean the same run: places, labels, notes and groups do not count. Worked out once for each document. */
export function meaningOf(workflow: Workflow): string {
  const before = known.get(workflow);
  if (before) return before;
  const nodes = workflow.nodes.map(({ id, type, data: { params, disabled } }) => [id, type, params, disabled ?? false]);
  const meaning = digest(JSON.stringify([nodes, workflow.connections]));
  known.set(workflow, meaning);
  return meaning;
}

/** 53 bits and the length: enough to tell the drawings of one sitting apart, and short enough to be a key. */
function digest(text: string): string {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    a = Math.imul(a ^ code, 2_654_435_761);
    b = Math.imul(b ^ code, 1_597_334_677);
  }
  a = Math.imul(a ^ (a >>> 16), 2_246_822_507) ^ Math.imul(b ^ (b >>> 13), 3_266_489_909);
  b = Math.imul(b ^ (b >>> 16), 2_246_822_507) ^ Math.imul(a ^ (a >>> 13), 3_266_489_909);
  return `${text.length}.${(4_294_967_296 * (2_097_151 & b) + (a >>> 0)).toString(36)}`;
}
