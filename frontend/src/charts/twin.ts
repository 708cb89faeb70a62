import type { Twin } from "../ui/ChartFrame";
import { t } from "../strings";
import type { Form } from "./forms";

/** The figures of a form as a table: what is drawn, in columns. */
export function twinOf(form: Form): Twin {
  switch (form.form) {
    case "lines": {
      const many = form.series.length > 1;
      const band = form.series.some((one) => one.low);
      return {
        columns: [...(many ? [t.run.what] : []), form.x, form.y, ...(band ? [t.plot.low, t.plot.high] : [])],
        rows: form.series.flatMap((one) => one.x.map((x, row) => [...(many ? [one.name] : []), x, one.y[row] ?? null, ...(band ? [one.low?.[row] ?? null, one.high?.[row] ?? null] : [])])),
      };
    }
    case "bars": {
      const shown = form.series.filter((one) => !one.hidden);
      const head = shown.flatMap((one) => [one.name, ...(one.low ? [t.plot.low, t.plot.high] : [])]);
      return {
        columns: [form.across ? form.y : form.x, ...head],
        rows: form.names.map((name, row) => [name, ...shown.flatMap((one) => [one.values[row] ?? null, ...(one.low ? [one.low[row] ?? null, one.high?.[row] ?? null] : [])])]),
      };
    }
    case "histogram":
      return {
        columns: [`${form.x}: ${t.plot.low}`, `${form.x}: ${t.plot.high}`, ...form.series.map((one) => one.name)],
        rows: form.edges.slice(1).map((edge, row) => [form.edges[row], edge, ...form.series.map((one) => one.counts[row] ?? null)]),
      };
    case "points":
      return { columns: [t.plot.group, form.x, form.y], rows: form.groups.flatMap((one) => one.points.map((point) => [one.name, ...point])) };
    case "boxes":
      return {
        columns: [form.x || t.plot.group, t.data.rows, t.plot.whisker, "Q1", t.plot.median, "Q3", t.plot.whisker2],
        rows: form.boxes.map((one) => [one.group, one.rows, one.low, one.q1, one.median, one.q3, one.high]),
      };
    case "heat":
      return { columns: [form.measure, ...form.x], rows: form.y.map((name, row) => [name, ...(form.values[row] ?? [])]) };
  }
}
