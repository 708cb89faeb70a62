import { address, names } from "virtual:node-icons";

/** The icon that the catalogue names for a node type; a box for one that this build does not know. */
export function TypeIcon({ name, size = 18 }: { name: string; size?: number }) {
  return (
    <svg className="type-icon" width={size} height={size} aria-hidden>
      <use href={`${address}#${names.has(name) ? name : "box"}`} />
    </svg>
  );
}
