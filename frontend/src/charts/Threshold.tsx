import { Button, Group, NumberInput } from "@mantine/core";
import { useMemo, useState } from "react";
import { cheapest, cost, type Costs, fromCounts, matrix, nearest, type Point, points } from "../model/threshold";
import { formatNumber, t } from "../strings";
import { Confusion } from "./Confusion";
import { Drawn } from "./Drawn";
import { formOf, type Lines } from "./forms";
import { noteOf } from "./notes";
import { type Chart, number, numbers, texts, word } from "./kinds";

interface ThresholdProps {
  confusion: Chart;
  roc: Chart | undefined;
  pr: Chart | undefined;
  threshold: Chart | undefined;
  onCell?: ((truth: string, predicted: string) => void) | undefined;
}

/** A binary classifier at every threshold: one slider moves the confusion matrix, the figures, the cost and the points on both curves. At first everything is as it was reported. */
export function Threshold({ confusion, roc, pr, threshold, onCell }: ThresholdProps) {
  const labels = texts(confusion, "labels");
  const counts = confusion.counts as number[][];
  const all = useMemo(() => pointsOf(threshold, roc, counts), [threshold, roc, counts]);
  const [moved, setMoved] = useState<number | null>(null);
  const [costs, setCosts] = useState<Costs>({ falsePositive: (threshold && number(threshold, "cost_false_positive")) ?? 1, falseNegative: (threshold && number(threshold, "cost_false_negative")) ?? 1 });
  const reported = useMemo(() => nearest(all, counts), [all, counts]);
  const at = moved ?? reported;
  const point = all[at];
  const words = !point || point.threshold === null ? `${t.charts.point} ${at + 1}` : formatNumber(point.threshold);
  const rocForm = useMemo(() => (roc ? formOf([roc]) : null), [roc]);
  const prForm = useMemo(() => (pr ? formOf([pr]) : prOf(all, labels[1] ?? "")), [pr, all, labels]);
  const costForm = useMemo(() => costOf(all, costs, at), [all, costs, at]);
  if (!point) return <Confusion labels={labels} counts={counts} onCell={onCell} />;
  return (
    <>
      <Confusion labels={labels} counts={moved === null ? counts : matrix(point)} onCell={moved === null ? onCell : undefined} />
      <div className="threshold">
        <label>
          <span>
            {t.charts.threshold}: <output>{words}</output>
          </span>
          <input type="range" min={0} max={all.length - 1} value={all.length - 1 - at} aria-label={t.charts.threshold} aria-valuetext={words} onChange={(event) => setMoved(all.length - 1 - Number(event.currentTarget.value))} />
          <small>{t.charts.thresholdHint(word(confusion, "positive") || (labels[1] ?? ""))}</small>
        </label>
        <Figures point={point} costs={costs} />
        <CostFields costs={costs} onChange={setCosts} />
        <Group gap="xs">
          <Button size="compact-xs" variant="default" onClick={() => setMoved(cheapest(all, costs))}>
            {t.plot.toCheapest}
          </Button>
          <Button size="compact-xs" variant="default" disabled={moved === null} onClick={() => setMoved(null)}>
            {t.plot.asReported}
          </Button>
        </Group>
      </div>
      {rocForm && <Drawn form={{ ...(rocForm as Lines), at: [point.fpr, point.tpr] }} note={roc && noteOf(roc)} />}
      {prForm && <Drawn form={{ ...(prForm as Lines), at: point.precision === null ? null : [point.tpr, point.precision] }} note={pr && noteOf(pr)} />}
      {costForm && <Drawn form={costForm} />}
    </>
  );
}

function Figures({ point, costs }: { point: Point; costs: Costs }) {
  const figures: [string, number | null][] = [
    [t.charts.accuracy, point.accuracy],
    [t.charts.precision, point.precision],
    [t.charts.recall, point.tpr],
    [t.charts.f1, point.f1],
    [t.plot.cost, cost(point, costs)],
  ];
  return (
    <div className="tiles" role="status">
      {figures.map(([title, value]) => (
        <div className="tile" key={title}>
          <b>{value === null ? "–" : formatNumber(value)}</b>
          <span>{title}</span>
        </div>
      ))}
    </div>
  );
}

function CostFields({ costs, onChange }: { costs: Costs; onChange: (costs: Costs) => void }) {
  const field = (label: string, name: keyof Costs) => (
    <NumberInput size="xs" w={150} min={0} label={label} value={costs[name]} onChange={(value) => onChange({ ...costs, [name]: typeof value === "number" ? value : 0 })} />
  );
  return (
    <Group gap="sm">
      {field(t.plot.costFalsePositive, "falsePositive")}
      {field(t.plot.costFalseNegative, "falseNegative")}
    </Group>
  );
}

function pointsOf(threshold: Chart | undefined, roc: Chart | undefined, counts: number[][]): Point[] {
  if (threshold) {
    const [thresholds, tn, fp, fn, tp] = ["thresholds", "tn", "fp", "fn", "tp"].map((field) => numbers(threshold, field)) as [number[], number[], number[], number[], number[]];
    return fromCounts({ thresholds, tn, fp, fn, tp });
  }
  return roc ? points({ fpr: numbers(roc, "fpr"), tpr: numbers(roc, "tpr"), thresholds: numbers(roc, "thresholds") }, counts) : [];
}

/** Precision and recall from the same points, where no chart of its own says it. */
function prOf(all: readonly Point[], positive: string): Lines | null {
  const known = all.filter((one) => one.precision !== null);
  const first = all[0];
  if (known.length < 2 || !first) return null;
  const rate = (first.tp + first.fn) / Math.max(1, first.tp + first.fn + first.fp + first.tn);
  return {
    form: "lines",
    name: t.charts.pr,
    x: t.charts.recall,
    y: t.charts.precision,
    unit: true,
    series: [{ name: positive, x: known.map((one) => one.tpr), y: known.map((one) => one.precision) }],
    guess: [
      [0, rate],
      [1, rate],
    ],
  };
}

/** What the errors would cost at each threshold, with the costs as they are set now. */
function costOf(all: readonly Point[], costs: Costs, at: number): Lines | null {
  const known = all.filter((one) => one.threshold !== null);
  const now = all[at];
  if (known.length < 3 || !now) return null;
  return {
    form: "lines",
    name: t.plot.costCurve,
    x: t.charts.threshold,
    y: t.plot.cost,
    series: [{ name: t.plot.cost, x: known.map((one) => one.threshold ?? 0), y: known.map((one) => cost(one, costs)) }],
    at: now.threshold === null ? null : [now.threshold, cost(now, costs)],
  };
}
