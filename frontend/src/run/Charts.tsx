import { t } from "../strings";
import { ChartFrame, type Twin } from "../ui/ChartFrame";
import { Bars } from "./Bars";
import { Confusion } from "./Confusion";
import { Curves, rocTwin } from "./Curves";
import { Residuals } from "./Residuals";
import { Threshold } from "./Threshold";

/** A chart as a node reports it: a kind, and the figures. */
export interface Chart {
  kind: string;
  labels?: string[];
  counts?: number[][];
  fpr?: number[];
  tpr?: number[];
  thresholds?: number[];
  auc?: number;
  precision?: number[];
  recall?: number[];
  features?: string[];
  values?: number[];
  predicted?: number[];
  actual?: number[];
}

/** All charts of a node. Confusion matrix and ROC curve of two classes move together. */
export default function Charts({ charts }: { charts: Chart[] }) {
  const confusion = charts.find((one) => one.kind === "confusion" && one.labels?.length === 2 && one.counts);
  const roc = charts.find((one) => one.kind === "roc" && one.fpr && one.tpr);
  const joined = confusion && roc ? [confusion, roc] : [];
  return (
    <>
      {confusion?.labels && confusion.counts && roc?.fpr && roc.tpr && <Threshold roc={{ ...roc, fpr: roc.fpr, tpr: roc.tpr }} labels={confusion.labels} counts={confusion.counts} />}
      {charts
        .filter((one) => !joined.includes(one))
        .map((chart, index) => (
          <Drawn key={index} chart={chart} />
        ))}
    </>
  );
}

function Drawn({ chart }: { chart: Chart }) {
  const { labels, counts, fpr, tpr, precision, recall, features, values, predicted, actual } = chart;
  if (chart.kind === "confusion" && labels && counts) return <Confusion labels={labels} counts={counts} />;
  if (chart.kind === "roc" && fpr && tpr) {
    const line = { name: t.charts.roc, x: fpr, y: tpr };
    return (
      <ChartFrame name={t.charts.roc} twin={rocTwin([line])}>
        <Curves label={t.charts.roc} lines={[line]} x={t.charts.fpr} y={t.charts.tpr} />
      </ChartFrame>
    );
  }
  if (chart.kind === "pr" && precision && recall) {
    return (
      <ChartFrame name={t.charts.pr} twin={{ columns: [t.charts.recall, t.charts.precision], rows: recall.map((one, index) => [one, precision[index]]) }}>
        <Curves label={t.charts.pr} lines={[{ name: t.charts.pr, x: recall, y: precision }]} x={t.charts.recall} y={t.charts.precision} />
      </ChartFrame>
    );
  }
  if (chart.kind === "importance" && features && values) {
    return (
      <ChartFrame name={t.charts.importance} twin={{ columns: [t.charts.feature, t.charts.value], rows: features.map((one, index) => [one, values[index]]) }}>
        <Bars label={t.charts.importance} names={features} values={values} />
      </ChartFrame>
    );
  }
  if (chart.kind === "predicted_actual" && predicted && actual) {
    return (
      <ChartFrame name={t.charts.residuals} twin={{ columns: [t.charts.actual, t.charts.predicted], rows: actual.map((one, index) => [one, predicted[index]]) }}>
        <Residuals predicted={predicted} actual={actual} />
      </ChartFrame>
    );
  }
  return <Unknown chart={chart} />;
}

/** A kind that has no picture yet is shown as its table. */
function Unknown({ chart }: { chart: Chart }) {
  const { columns, rows } = twinOf(chart);
  if (rows.length === 0) return null;
  const name = chart.kind.replaceAll("_", " ");
  return (
    <ChartFrame name={name.charAt(0).toUpperCase() + name.slice(1)} twin={{ columns, rows }}>
      <div className="scroll twin" tabIndex={0} role="region" aria-label={name}>
        <table className="grid">
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, 100).map((row, index) => (
              <tr key={index}>
                {row.map((cell, column) => (
                  <td key={columns[column]}>{String(cell ?? "")}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </ChartFrame>
  );
}

/** Every list of plain values is a column. */
function twinOf(chart: Chart): Twin {
  const lists = Object.entries(chart).filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]) && entry[1].every((one) => typeof one !== "object" || one === null));
  const length = Math.max(0, ...lists.map(([, list]) => list.length));
  return { columns: lists.map(([name]) => name), rows: Array.from({ length }, (_, row) => lists.map(([, list]) => list[row] ?? null)) };
}
