import { lazy, Suspense } from "react";
import { t } from "../strings";
import { ChartFrame } from "../ui/ChartFrame";
import type { Form } from "./forms";
import { twinOf } from "./twin";

const Plot = lazy(() => import("./Plot"));

/** A form in its frame: picture, table twin, and both to take away. */
export function Drawn({ form, note }: { form: Form; note?: string | undefined }) {
  const twin = twinOf(form);
  return (
    <ChartFrame name={form.name} twin={twin}>
      <Suspense fallback={<div className="plot" style={{ height: 280 }} role="status" aria-label={t.common.loading} />}>
        <Plot form={form} label={t.plot.label(form.name, twin.rows.length)} />
      </Suspense>
      {note && <p className="plot-note">{note}</p>}
    </ChartFrame>
  );
}
