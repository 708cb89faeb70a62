import { formatNumber } from "../strings";

const ROW = 22;
const NAME = 120;
const WIDTH = 320;
const MOST = 30;

/** Bars by size, with their names and figures beside them. */
export function Bars({ label, names, values }: { label: string; names: string[]; values: number[] }) {
  const order = values.map((value, index) => ({ name: names[index] ?? "", value })).sort((a, b) => Math.abs(b.value) - Math.abs(a.value)).slice(0, MOST);
  const most = Math.max(1e-12, ...order.map((one) => Math.abs(one.value)));
  const room = WIDTH - NAME - 56;
  return (
    <svg viewBox={`0 0 ${WIDTH} ${order.length * ROW + 4}`} width="100%" role="img" aria-label={label}>
      <g fontSize="11" fill="var(--mantine-color-text)">
        {order.map(({ name, value }, index) => {
          const length = (room * Math.abs(value)) / most;
          return (
            <g key={name} transform={`translate(0 ${index * ROW})`}>
              <text x={NAME - 6} y={15} textAnchor="end">
                {name.length > 18 ? `${name.slice(0, 17)}…` : name}
                <title>{name}</title>
              </text>
              <rect x={NAME} y={4} width={length} height={14} rx={2} fill={value < 0 ? "var(--series-2)" : "var(--series-1)"} />
              <text x={NAME + length + 5} y={15} fill="var(--calm)">
                {formatNumber(value)}
              </text>
            </g>
          );
        })}
      </g>
    </svg>
  );
}
