import { t } from "../strings";
import { ChartFrame, TwinTable } from "../ui/ChartFrame";
import { arranged, flat } from "./arrange";
import { Confusion } from "./Confusion";
import { Drawn } from "./Drawn";
import { formOf, furtherOf } from "./forms";
import { type Chart, list, texts } from "./kinds";
import { noteOf } from "./notes";
import { ProfileChart } from "./Profile";
import { Contributions, Drift, Leaderboard, MetricTiles, PlainTable, Trials } from "./Tables";
import { Threshold } from "./Threshold";
import { Tree } from "./Tree";

interface ChartsProps {
  charts: readonly Chart[];
  onCell?: ((truth: string, predicted: string) => void) | undefined;
}

/** All charts of a node. What belongs to a threshold moves together; charts of one kind from several models are drawn over each other. */
export default function Charts({ charts, onCell }: ChartsProps) {
  const { together, first, rest } = arranged(charts);
  const all = (groups: Chart[][]) => groups.map((group, index) => <One key={index} charts={group} onCell={onCell} />);
  return (
    <>
      {all(first)}
      {together && <Threshold {...together} onCell={onCell} />}
      {all(rest)}
    </>
  );
}

function One({ charts, onCell }: ChartsProps) {
  const chart = charts[0];
  if (!chart) return null;
  const title = [chart.title, chart.model].filter(Boolean).join(": ") || undefined;
  switch (chart.kind) {
    case "metrics":
      return <MetricTiles chart={chart} />;
    case "table":
      return <PlainTable chart={chart} />;
    case "leaderboard":
      return <Leaderboard chart={chart} />;
    case "trials":
      return <Trials chart={chart} />;
    case "contributions":
      return <Contributions chart={chart} />;
    case "tree":
      return <Tree chart={chart} />;
    case "drift":
      return <Drift chart={chart} />;
    case "profile":
      return <ProfileChart chart={chart} />;
    case "confusion":
      return <Confusion labels={texts(chart, "labels")} counts={list<number[]>(chart, "counts")} name={title && `${t.charts.confusion}, ${title}`} onCell={onCell} />;
    default: {
      const [form, further] = [formOf(charts), furtherOf(chart)];
      if (!form) return <Unknown chart={chart} />;
      return (
        <>
          <Drawn form={form} note={charts.length === 1 ? noteOf(chart) : undefined} />
          {further && <Drawn form={further} />}
        </>
      );
    }
  }
}

/** A kind that has no picture yet is shown as its table. */
function Unknown({ chart }: { chart: Chart }) {
  const twin = flat(chart);
  if (twin.rows.length === 0) return null;
  const name = chart.title || chart.kind.replaceAll("_", " ");
  return (
    <ChartFrame name={name} twin={twin} picture={false}>
      <TwinTable name={name} twin={twin} />
    </ChartFrame>
  );
}
