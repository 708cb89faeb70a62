import { t } from "../strings";

const SIZE = 200;

/** Predicted against actual; on the line they agree. */
export function Residuals({ predicted, actual }: { predicted: number[]; actual: number[] }) {
  const all = [...predicted, ...actual];
  const low = Math.min(...all);
  const span = Math.max(...all) - low || 1;
  const place = (value: number) => ((value - low) / span) * SIZE;
  return (
    <svg viewBox={`-20 -6 ${SIZE + 30} ${SIZE + 26}`} width="100%" style={{ maxWidth: 320 }} role="img" aria-label={t.charts.residuals}>
      <path d={`M0,${SIZE}L${SIZE},0`} stroke="var(--calm)" strokeDasharray="4 4" />
      <path d={`M0,0L0,${SIZE}L${SIZE},${SIZE}`} stroke="var(--line)" fill="none" />
      {predicted.map((value, index) => (
        <circle key={index} cx={place(actual[index] ?? 0)} cy={SIZE - place(value)} r="2.4" fill="var(--series-1)" fillOpacity="0.55" />
      ))}
      <g fontSize="11" fill="var(--calm)" textAnchor="middle">
        <text x={SIZE / 2} y={SIZE + 16}>
          {t.charts.actual}
        </text>
        <text x={-8} y={SIZE / 2} transform={`rotate(-90 -8 ${SIZE / 2})`}>
          {t.charts.predicted}
        </text>
      </g>
    </svg>
  );
}
