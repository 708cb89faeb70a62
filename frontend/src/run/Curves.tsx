import { formatNumber, t } from "../strings";

const SIZE = 200;
const EDGE = 30;

/** Line styles that differ without colour, too. */
export const SERIES = [
  { colour: "var(--series-1)", dash: undefined },
  { colour: "var(--series-2)", dash: "7 4" },
  { colour: "var(--series-3)", dash: "2 3" },
  { colour: "var(--series-4)", dash: "9 3 2 3" },
  { colour: "var(--series-5)", dash: "4 2" },
];

export interface Line {
  name: string;
  x: number[];
  y: number[];
}

interface CurvesProps {
  label: string;
  lines: Line[];
  x: string;
  y: string;
  /** From here to there runs what guessing would give. */
  guess?: [[number, number], [number, number]];
  /** The point that is in force now. */
  at?: { x: number; y: number } | undefined;
  note?: string;
}

/** Curves in the unit square: ROC, precision and recall. */
export function Curves({ label, lines, x: xName, y: yName, guess, at, note }: CurvesProps) {
  const x = (value: number) => EDGE + value * SIZE;
  const y = (value: number) => 8 + (1 - value) * SIZE;
  const path = (line: Line) => line.x.map((value, index) => `${index ? "L" : "M"}${x(value).toFixed(1)},${y(line.y[index] ?? 0).toFixed(1)}`).join("");
  const single = lines.length === 1 ? lines[0] : undefined;
  return (
    <svg viewBox={`0 0 ${SIZE + EDGE + 10} ${SIZE + 44}`} width="100%" style={{ maxWidth: 320 }} role="img" aria-label={label}>
      {[0.25, 0.5, 0.75].map((share) => (
        <path key={share} d={`M${x(0)},${y(share)}H${x(1)}M${x(share)},${y(0)}V${y(1)}`} stroke="var(--line)" strokeWidth="0.5" />
      ))}
      {guess && <path d={`M${x(guess[0][0])},${y(guess[0][1])}L${x(guess[1][0])},${y(guess[1][1])}`} stroke="var(--calm)" strokeDasharray="4 4" fill="none" />}
      {single && <path d={`${path(single)}L${x(single.x.at(-1) ?? 1)},${y(0)}L${x(single.x[0] ?? 0)},${y(0)}Z`} fill="var(--series-1)" fillOpacity="0.12" />}
      {lines.map((line, index) => (
        <path key={line.name} d={path(line)} stroke={SERIES[index % SERIES.length]?.colour} strokeDasharray={SERIES[index % SERIES.length]?.dash} strokeWidth="2" fill="none" />
      ))}
      <path d={`M${x(0)},${y(1)}L${x(0)},${y(0)}L${x(1)},${y(0)}`} stroke="var(--line)" fill="none" />
      {at && (
        <>
          <path d={`M${x(at.x)},${y(0)}V${y(at.y)}H${x(0)}`} stroke="var(--evaluation)" strokeDasharray="3 3" fill="none" />
          <circle cx={x(at.x)} cy={y(at.y)} r="5" fill="var(--evaluation)" stroke="var(--card)" strokeWidth="1.5" />
        </>
      )}
      <g fill="var(--calm)" fontSize="11">
        <text x={x(0.5)} y={y(0) + 28} textAnchor="middle">
          {xName}
        </text>
        <text x={12} y={y(0.5)} textAnchor="middle" transform={`rotate(-90 12 ${y(0.5)})`}>
          {yName}
        </text>
        {[0, 0.5, 1].map((share) => (
          <text key={share} x={x(share)} y={y(0) + 14} textAnchor={share === 1 ? "end" : share ? "middle" : "start"}>
            {formatNumber(share, 1)}
          </text>
        ))}
        {[0.5, 1].map((share) => (
          <text key={share} x={EDGE - 4} y={y(share) + 4} textAnchor="end">
            {formatNumber(share, 1)}
          </text>
        ))}
        {note && (
          <text x={x(0.96)} y={y(0.06)} textAnchor="end" fill="var(--mantine-color-text)" fontSize="13">
            {note}
          </text>
        )}
      </g>
    </svg>
  );
}

/** Which line is whose: the sample shows colour and dashes. */
export function Legend({ names }: { names: string[] }) {
  return (
    <ul className="legend">
      {names.map((name, index) => (
        <li key={name}>
          <svg width="26" height="8" aria-hidden>
            <path d="M0,4H26" stroke={SERIES[index % SERIES.length]?.colour} strokeDasharray={SERIES[index % SERIES.length]?.dash} strokeWidth="2.5" />
          </svg>
          {name}
        </li>
      ))}
    </ul>
  );
}

export const rocTwin = (lines: Line[]) => ({
  columns: [...(lines.length > 1 ? [t.run.run] : []), t.charts.fpr, t.charts.tpr],
  rows: lines.flatMap((line) => line.x.map((value, index) => [...(lines.length > 1 ? [line.name] : []), value, line.y[index] ?? null])),
});
