const SIZE = 200;

/** Predicted against actual; on the line they agree. */
export function Residuals({ predicted, actual }: { predicted: number[]; actual: number[] }) {
  const all = [...predicted, ...actual];
  const low = Math.min(...all);
  const span = Math.max(...all) - low || 1;
  const place = (value: number) => ((value - low) / span) * SIZE;
  return (
    <svg viewBox={`-6 -6 ${SIZE + 12} ${SIZE + 26}`} width="100%" style={{ maxWidth: 300 }} role="img" aria-label="Predicted against actual values">
      <path d={`M0,${SIZE}L${SIZE},0`} stroke="var(--calm)" strokeDasharray="4 4" />
      <path d={`M0,0L0,${SIZE}L${SIZE},${SIZE}`} stroke="var(--line)" fill="none" />
      {predicted.map((value, index) => (
        <circle key={index} cx={place(actual[index] ?? 0)} cy={SIZE - place(value)} r="2.4" fill="var(--table)" fillOpacity="0.55" />
      ))}
      <text x={SIZE / 2} y={SIZE + 16} textAnchor="middle" fontSize="11" fill="var(--calm)">
        actual → predicted ↑
      </text>
    </svg>
  );
}
