import { t } from "../strings";

/** Counts of truth against prediction; the shade follows the share within the true class. */
export function Confusion({ labels, counts }: { labels: string[]; counts: number[][] }) {
  return (
    <div className="scroll">
      <table className="confusion">
        <caption className="visually-hidden">Confusion matrix: rows are the truth, columns the prediction</caption>
        <thead>
          <tr>
            <th scope="col">truth / prediction</th>
            {labels.map((label) => (
              <th key={label} scope="col">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {counts.map((row, index) => {
            const total = row.reduce((sum, count) => sum + count, 0);
            return (
              <tr key={labels[index]}>
                <th scope="row">{labels[index]}</th>
                {row.map((count, column) => (
                  <td key={labels[column]} style={{ background: `rgba(var(--heat), calc(var(--heat-most) * ${total ? count / total : 0}))` }} title={`${count} of ${total} ${t.data.rows}`}>
                    {count}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
