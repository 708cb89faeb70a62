import {
  IconArchive,
  IconArrowsSplit,
  IconBox,
  IconChartLine,
  IconDatabase,
  IconFileTypeCsv,
  IconRocket,
  IconTarget,
  IconTrees,
  IconWand,
  type Icon,
} from "@tabler/icons-react";

const ICONS: Record<string, Icon> = {
  archive: IconArchive,
  "arrows-split": IconArrowsSplit,
  "chart-line": IconChartLine,
  database: IconDatabase,
  "file-type-csv": IconFileTypeCsv,
  rocket: IconRocket,
  target: IconTarget,
  trees: IconTrees,
  wand: IconWand,
};

/** The icon that the catalogue names for a node type; a box for one it does not know. */
export function TypeIcon({ name, size = 18 }: { name: string; size?: number }) {
  const Drawn = (Object.hasOwn(ICONS, name) && ICONS[name]) || IconBox;
  return <Drawn size={size} stroke={1.7} aria-hidden />;
}
