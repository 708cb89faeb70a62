import { Alert, Button, Group, Modal, SegmentedControl, Stack, Text } from "@mantine/core";
import { IconDatabase, IconMinus, IconPlayerPlay } from "@tabler/icons-react";
import { Fragment, type ReactNode } from "react";
import type { Finding, Schemas } from "../api/client";
import { formatDollars, formatRange, formatSeconds, t } from "../strings";
import { opened } from "../model/nested";
import { whyWords } from "../model/reasons";
import { Waiting } from "../ui/Page";
import { PlainTable } from "../ui/PlainTable";

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
  /** How one thing to fix is shown, with the click that mends it. */
  problem: (one: Finding) => ReactNode;
  onScope: (scope: Scope) => void;
  onStart: (cache: boolean) => void;
  onClose: () => void;
}

const PARTS = ["whole", "until", "since", "only"] as const;
type Part = (typeof PARTS)[number];

/** Before a run: what is stored and why, what is executed, in which stages, how long it takes and what it costs. */
export function PlanDialog({ scope, node, names, order, plan, problem, onScope, onStart, onClose }: PlanDialogProps) {
  const part: Part = scope.until ? "until" : scope.since ? "since" : scope.only ? "only" : "whole";
  const words: Record<Part, string> = { whole: t.plan.whole, until: t.plan.until, since: t.plan.since, only: t.plan.only };
  const title = part === "whole" || !node ? t.plan.title : { until: t.plan.scopeUntil, since: t.plan.scopeSince, only: t.plan.scopeOnly }[part](node.name);
  const wrong = plan.data?.problems.filter((one) => one.severity === "error") ?? [];
  const doubtful = plan.data?.problems.filter((one) => one.fix) ?? [];
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
        <Problems title={t.order.toFix} found={wrong} problem={problem} />
        {wrong.length === 0 && <Problems title={t.order.toMend} found={doubtful} problem={problem} />}
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

const SHOWN = 5;

function Problems({ title, found, problem }: { title: string; found: readonly Finding[]; problem: PlanDialogProps["problem"] }) {
  if (found.length === 0) return null;
  return (
    <Alert color="orange" role="alert" title={title}>
      {found.slice(0, SHOWN).map((one, index) => (
        <Fragment key={index}>{problem(one)}</Fragment>
      ))}
    </Alert>
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
  const rows = opened(order, [...known.keys()]).map((id) => {
    const found = known.get(id);
    const what = !found ? "left" : found.cached ? "cached" : "runs";
    const Sign = SIGNS[what];
    const said = what === "cached" ? t.plan.cached : what === "runs" ? t.plan.runs : t.plan.left;
    const sign = (
      <span key="what" className={`plan-sign plan-${what}`}>
        <Sign size={14} aria-hidden /> {said}
      </span>
    );
    const seconds = found?.seconds && !found.cached ? formatRange(found.seconds, formatSeconds) : "";
    const cost = found?.cost_usd && !found.cached ? formatRange(found.cost_usd, formatDollars) : "";
    return { key: id, cells: [names(id), sign, whyWords(found?.reason, names), seconds, cost] };
  });
  return <PlainTable name={t.run.nodes} head={[t.run.node, t.order.happens, t.order.why, t.plan.seconds, t.plan.cost]} numbers={[3, 4]} rows={rows} maxHeight="40vh" />;
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
