import { IconAlertTriangle, IconCheck, IconClock, IconEqual, IconLoader2, IconMinus, IconPlayerStop } from "@tabler/icons-react";
import { t } from "../strings";

export type StatusName = keyof typeof t.status;

const ICONS = {
  queued: IconClock,
  running: IconLoader2,
  succeeded: IconCheck,
  failed: IconAlertTriangle,
  cached: IconEqual,
  skipped: IconMinus,
  stopped: IconPlayerStop,
};

export const isStatus = (name: string): name is StatusName => Object.hasOwn(ICONS, name);

/** A status as icon, word and colour: never by colour alone. */
export function Status({ name }: { name: string }) {
  if (!isStatus(name)) return <span>{name}</span>;
  const Drawn = ICONS[name];
  return (
    <span className={`status status-${name}`}>
      <Drawn size={14} stroke={2} aria-hidden className={name === "running" ? "spin" : undefined} />
      {t.status[name]}
    </span>
  );
}
