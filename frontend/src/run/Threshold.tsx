import { useMemo, useState } from "react";
import { matrix, nearest, points, type RocChart } from "../model/threshold";
import { formatNumber, t } from "../strings";
import { ChartFrame } from "../ui/ChartFrame";
import { Confusion } from "./Confusion";
import { Curves, rocTwin } from "./Curves";

interface ThresholdProps {
  roc: RocChart & { auc?: number };
  labels: string[];
  counts: number[][];
}

/** A binary classifier at every threshold: one slider moves the confusion matrix, the figures and the points on both curves. At first everything is as it was reported. */
export function Threshold({ roc, labels, counts }: ThresholdProps) {
  const all = useMemo(() => points(roc, counts), [roc, counts]);
  const reported = useMemo(() => nearest(all, counts), [all, counts]);
  const [moved, setMoved] = useState<number | null>(null);
  const at = moved ?? reported;
  const point = all[at];
  const area = formatNumber(roc.auc ?? 0);
  const name = t.charts.rocArea(area);
  const line = { name: t.charts.roc, x: roc.fpr, y: roc.tpr };
  const known = all.filter((one) => one.precision !== null);
  const pr = { name: t.charts.pr, x: known.map((one) => one.tpr), y: known.map((one) => one.precision ?? 0) };
  const base = all.length ? ((all[0]?.tp ?? 0) + (all[0]?.fn ?? 0)) / Math.max(1, counts.flat().reduce((sum, one) => sum + one, 0)) : 0;
  const words = point?.threshold === null || point === undefined ? `${t.charts.point} ${at + 1}` : formatNumber(point.threshold);
  const figure = (title: string, value: number | null | undefined) => (
    <div className="tile">
      <b>{value === null || value === undefined ? "–" : formatNumber(value)}</b>
      <span>{title}</span>
    </div>
  );
  return (
    <>
      <Confusion labels={labels} counts={moved === null || !point ? counts : matrix(point)} />
      <div className="threshold">
        <label>
          <span>
            {t.charts.threshold}: <output>{words}</output>
          </span>
          <input
            type="range"
            min={0}
            max={all.length - 1}
            value={all.length - 1 - at}
            aria-valuetext={words}
            onChange={(event) => setMoved(all.length - 1 - Number(event.currentTarget.value))}
          />
          <small>{t.charts.thresholdHint(labels[1] ?? "")}</small>
        </label>
        <div className="tiles" role="status">
          {figure(t.charts.accuracy, point?.accuracy)}
          {figure(t.charts.precision, point?.precision)}
          {figure(t.charts.recall, point?.tpr)}
          {figure(t.charts.f1, point?.f1)}
        </div>
      </div>
      <ChartFrame name={t.charts.roc} twin={rocTwin([line])}>
        <Curves
          label={name}
          lines={[line]}
          x={t.charts.fpr}
          y={t.charts.tpr}
          guess={[
            [0, 0],
            [1, 1],
          ]}
          at={point && { x: point.fpr, y: point.tpr }}
          note={`AUC ${area}`}
        />
      </ChartFrame>
      <ChartFrame name={t.charts.pr} twin={{ columns: [t.charts.recall, t.charts.precision], rows: pr.x.map((value, index) => [value, pr.y[index]]) }}>
        <Curves
          label={t.charts.pr}
          lines={[pr]}
          x={t.charts.recall}
          y={t.charts.precision}
          guess={[
            [0, base],
            [1, base],
          ]}
          at={point?.precision === null || !point ? undefined : { x: point.tpr, y: point.precision }}
        />
      </ChartFrame>
    </>
  );
}
