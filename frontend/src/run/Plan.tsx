import { Alert, Button, Group, Modal, SegmentedControl, Stack, Text } from "@mantine/core";
import { IconDatabase, IconMinus, IconPlayerPlay } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Schemas } from "../api/client";
import { formatDollars, formatRange, formatSeconds, t } from "../strings";
import { whyWords } from "../model/reasons";
import { Waiting } from "../ui/Page";

type Plan = Schemas["PlanResult"];
export interface Scope {
  until?: string;
  since?: string;
  only?: string;
}

interface PlanDialogProps {
  scope: Scope;
  /** The chosen node; null where none or several are chosen: only all of it can run then. */
  node: { id: string; name: string } | null;
  names: (node: string) => string;
  order: readonly string[];
  plan: { data: Plan | undefined; error: Error | null; isFetching: boolean };
  onScope: (scope: Scope) => void;
  onStart: (cache: boolean) => void;
  onClose: () => void;
}

const PARTS = ["whole", "until", "since", "only"] as const;
type Part = (typeof PARTS)[number];

/** Before a run: what is stored and why, what is executed, in which stages, how long it takes and what it costs. */
export function PlanDialog({ scope, node, names, order, plan, onScope, onStart, onClose }: PlanDialogProps) {
  const part: Part = scope.until ? "until" : scope.since ? "since" : scope.only ? "only" : "whole";
  const words: Record<Part, string> = { whole: t.plan.whole, until: t.plan.until, since: t.plan.since, only: t.plan.only };
  const title = part === "whole" || !node ? t.plan.title : { until: t.plan.scopeUntil, since: t.plan.scopeSince, only: t.plan.scopeOnly }[part](node.name);
  const wrong = plan.data?.problems.filter((one) => one.severity === "error") ?? [];
  const ready = plan.data && wrong.length === 0;
  return (
    <Modal opened onClose={onClose} title={title} size="xl" closeButtonProps={{ "aria-label": t.common.close }}>
      <Stack gap="md">
        {node && (
          <SegmentedControl
            aria-label={t.order.scope}
            value={part}
            onChange={(next) => onScope(next === "whole" ? {} : { [next]: node.id })}
            data={PARTS.map((one) => ({ value: one, label: words[one] }))}
          />
        )}
        {plan.error && (
          <Alert color="orange" role="alert">
            {t.plan.notPossible(plan.error.message)}
          </Alert>
        )}
        {wrong.length > 0 && (
          <Alert color="orange" role="alert" title={t.order.toFix}>
            {wrong.slice(0, 5).map((one, index) => (
              <div key={index}>{one.message}</div>
            ))}
          </Alert>
        )}
        {!plan.data && !plan.error && <Waiting />}
        {ready && <Totals plan={plan.data as Plan} />}
        {ready && <Nodes plan={plan.data as Plan} names={names} order={order} />}
        {ready && (plan.data as Plan).stages.length > 0 && <Stages plan={plan.data as Plan} names={names} />}
        <Group justify="flex-end">
          <Button variant="default" disabled={!ready || part !== "whole"} onClick={() => onStart(false)}>
            {t.plan.again}
          </Button>
          <Button disabled={!ready} leftSection={<IconPlayerPlay size={14} aria-hidden />} onClick={() => onStart(true)} data-autofocus>
            {t.plan.start}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function Totals({ plan }: { plan: Plan }) {
  const { totals } = plan;
  if (!totals) return null;
  const figures: [string, string][] = [
    [t.plan.seconds, totals.seconds ? formatRange(totals.seconds, formatSeconds) : t.plan.unknown],
    [t.plan.cost, totals.cost_usd ? formatRange(totals.cost_usd, formatDollars) : t.plan.unknown],
  ];
  return (
    <div>
      <Text fw={600} data-testid="plan-words">
        {plan.stages.length === 0 ? t.plan.nothing : t.order.stored(plan.nodes.filter((one) => one.cached).length, plan.nodes.length)}
        {totals.saves_seconds > 0 && ` ${t.plan.saves(formatSeconds(totals.saves_seconds))}`}
      </Text>
      <div className="tiles wide">
        {figures.map(([title, value]) => (
          <div className="tile" key={title}>
            <b>{value}</b>
            <span>{title}</span>
          </div>
        ))}
      </div>
      {totals.note && <p className="plot-note">{totals.note}</p>}
    </div>
  );
}

const SIGNS = { cached: IconDatabase, runs: IconPlayerPlay, left: IconMinus };

function Nodes({ plan, names, order }: { plan: Plan; names: (node: string) => string; order: readonly string[] }) {
  const known = new Map(plan.nodes.map((one) => [one.id, one]));
  const rows = order.map((id): ReactNode[] => {
    const found = known.get(id);
    const what = !found ? "left" : found.cached ? "cached" : "runs";
    const Sign = SIGNS[what];
    const said = what === "cached" ? t.plan.cached : what === "runs" ? t.plan.runs : t.plan.left;
    return [
      names(id),
      <span key="what" className={`plan-sign plan-${what}`}>
        <Sign size={14} aria-hidden /> {said}
      </span>,
      whyWords(found?.reason, names),
      found?.seconds && !found.cached ? formatRange(found.seconds, formatSeconds) : "",
      found?.cost_usd && !found.cached ? formatRange(found.cost_usd, formatDollars) : "",
    ];
  });
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={t.run.nodes} style={{ maxHeight: "40vh" }}>
      <table className="grid plain-rows">
        <thead>
          <tr>
            {[t.run.node, t.order.happens, t.order.why, t.plan.seconds, t.plan.cost].map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={order[index]}>
              {row.map((cell, place) => (
                <td key={place}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The stages: nodes in one box run in one invocation. */
function Stages({ plan, names }: { plan: Plan; names: (node: string) => string }) {
  return (
    <section aria-label={t.plan.stages}>
      <h3 className="group-title">{t.plan.stages}</h3>
      <ol className="stages">
        {plan.stages.map((stage) => (
          <li key={stage.id}>
            <small>{t.plan.stage(stage.id, stage.size, stage.memory_mb)}</small>
            {stage.nodes.map((node) => (
              <span key={node}>{names(node)}</span>
            ))}
          </li>
        ))}
      </ol>
    </section>
  );
}
