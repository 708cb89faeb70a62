const SIZE = 200;
const EDGE = 28;

/** The ROC curve against guessing. The figure stands beside it as text. */
export function Roc({ fpr, tpr, auc }: { fpr: number[]; tpr: number[]; auc: number }) {
  const x = (value: number) => EDGE + value * SIZE;
  const y = (value: number) => 8 + (1 - value) * SIZE;
  const path = fpr.map((value, index) => `${index ? "L" : "M"}${x(value).toFixed(1)},${y(tpr[index] ?? 0).toFixed(1)}`).join("");
  return (
    <svg viewBox={`0 0 ${SIZE + EDGE + 10} ${SIZE + 44}`} width="100%" style={{ maxWidth: 300 }} role="img" aria-label={`ROC curve, area ${auc.toFixed(3)}`}>
      <path d={`M${x(0)},${y(0)}L${x(1)},${y(1)}`} stroke="var(--calm)" strokeDasharray="4 4" fill="none" />
      <path d={`${path}L${x(1)},${y(0)}L${x(0)},${y(0)}Z`} fill="rgba(var(--heat), 0.14)" />
      <path d={path} stroke="var(--table)" strokeWidth="2" fill="none" />
      <path d={`M${x(0)},${y(1)}L${x(0)},${y(0)}L${x(1)},${y(0)}`} stroke="var(--line)" fill="none" />
      <g fill="var(--calm)" fontSize="11">
        <text x={x(0.5)} y={y(0) + 28} textAnchor="middle">
          false positives
        </text>
        <text x={12} y={y(0.5)} textAnchor="middle" transform={`rotate(-90 12 ${y(0.5)})`}>
          true positives
        </text>
        <text x={x(0)} y={y(0) + 14}>
          0
        </text>
        <text x={x(1)} y={y(0) + 14} textAnchor="end">
          1
        </text>
        <text x={x(0.96)} y={y(0.06)} textAnchor="end" fill="var(--mantine-color-text)" fontSize="13">
          AUC {auc.toFixed(3)}
        </text>
      </g>
    </svg>
  );
}
