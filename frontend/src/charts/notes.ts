import { formatNumber, formatPercent, t } from "../strings";
import { type Chart, list, number, numbers } from "./kinds";

/** Under the picture: what the eye does not see in it, and what the dashed line is. Pure. */
export function noteOf(chart: Chart): string | undefined {
  const said = NOTES[chart.kind]?.(chart);
  if (said) return said;
  const [total, shown] = [number(chart, "total"), Math.max(list(chart, "x").length, list(chart, "predicted").length)];
  return total !== null && shown > 0 && shown < total ? t.plot.someOf(shown, total) : undefined;
}

const NOTES: Record<string, (chart: Chart) => string | undefined> = {
  roc: (chart) => over(chart, "auc", (area) => t.plot.rocArea(formatNumber(area))),
  pr: (chart) => over(chart, "average_precision", (area) => t.plot.prArea(formatNumber(area), formatNumber(number(chart, "rate") ?? 0))),
  calibration: (chart) => over(chart, "error", (error) => t.plot.calibrationError(formatNumber(error))),
  clusters: (chart) => over(chart, "average", (average) => t.plot.silhouette(formatNumber(average, 2))),
  lift: liftNote,
};

const over = (chart: Chart, field: string, say: (value: number) => string): string | undefined => {
  const value = number(chart, field);
  return value === null ? undefined : say(value);
};

/** A tenth of the rows, or the nearest share there is. */
const TAKEN = 0.1;

function liftNote(chart: Chart): string | undefined {
  const [shares, gain, lift] = [numbers(chart, "shares"), numbers(chart, "gain"), numbers(chart, "lift")];
  const at = shares.reduce((best, share, place) => (Math.abs(share - TAKEN) < Math.abs((shares[best] ?? 2) - TAKEN) ? place : best), 0);
  const [share, found, times] = [shares[at], gain[at], lift[at]];
  return share === undefined || found === undefined || times === undefined ? undefined : t.plot.lift(formatPercent(share, 0), formatPercent(found, 0), formatNumber(times, 1));
}
