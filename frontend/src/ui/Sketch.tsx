import type { Workflow } from "../model/types";
import { t } from "../strings";

const WIDTH = 240;
const HEIGHT = 64;
const BOX = { width: 22, height: 12 };

/** A drawing in small: where its nodes lie and what is connected. */
export function Sketch({ workflow }: { workflow: Workflow }) {
  const { nodes, connections } = workflow;
  if (nodes.length === 0) return null;
  const [xs, ys] = [nodes.map((node) => node.position.x), nodes.map((node) => node.position.y)];
  const spread = (values: number[], room: number) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return (value: number) => (high > low ? ((value - low) / (high - low)) * room : room / 2);
  };
  const [x, y] = [spread(xs, WIDTH - BOX.width), spread(ys, HEIGHT - BOX.height)];
  const places = new Map(nodes.map((node) => [node.id, { x: x(node.position.x), y: y(node.position.y) }]));
  const line = (source: string, target: string) => {
    const [from, to] = [places.get(source), places.get(target)];
    return from && to ? `M${from.x + BOX.width},${from.y + BOX.height / 2}L${to.x},${to.y + BOX.height / 2}` : "";
  };
  return (
    <svg className="sketch" viewBox={`-2 -2 ${WIDTH + 4} ${HEIGHT + 4}`} role="img" aria-label={t.home.picture(t.home.nodes(nodes.length))}>
      {connections.map((one, index) => (
        <path key={index} d={line(one.source, one.target)} stroke="var(--calm)" strokeWidth="1.2" fill="none" />
      ))}
      {[...places].map(([id, place]) => (
        <rect key={id} {...place} {...BOX} rx={3} fill="var(--card)" stroke="var(--series-1)" strokeWidth="1.6" />
      ))}
    </svg>
  );
}
