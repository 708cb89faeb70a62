import { t } from "../strings";

const WAITED = /^waiting for (\S+)$/;

/** A reason for people: what comes before the colon (hit, miss, never) is said by the status beside it, and the node it waited for is called by its name. */
export function whyWords(reason: string | null | undefined, names: (node: string) => string): string {
  const words = (reason ?? "").replace(/^(hit|miss|never): /, "").replaceAll("`", "");
  const node = WAITED.exec(words)?.[1];
  return node === undefined ? words : t.order.waitingFor([names(node)], 0);
}
