import type { Finding } from "../api/client";
import { usePlan } from "../api/queries";
import { namesOf, nodeOf, titleOf } from "../model/lookup";
import { outline } from "../model/outline";
import { paramOf } from "../model/problems";
import type { NodeTypes } from "../model/types";
import { PlanDialog } from "../run/Plan";
import { ProblemLine } from "./ProblemLine";
import { useCanvas, useDocument } from "./store";
import { useGoTo } from "./useActions";
import type { Runner } from "./useRunner";
import { show, useView } from "./view";

/** The plan of what is drawn, for all of it or a part: opened before a run. */
export default function PlanPanel({ id, types, runner }: { id: string; types: NodeTypes; runner: Runner }) {
  const scope = useView((state) => state.plan);
  return scope ? <Opened id={id} types={types} runner={runner} scope={scope} /> : null;
}

function Opened({ id, types, runner, scope }: { id: string; types: NodeTypes; runner: Runner; scope: NonNullable<ReturnType<typeof useView.getState>["plan"]> }) {
  const document = useDocument();
  const target = useCanvas((state) => state.target);
  const goTo = useGoTo();
  const selection = useCanvas((state) => state.selection);
  const plan = usePlan(document, { id, target, scope, cache: true }, true);
  const chosen = scope.until ?? scope.since ?? scope.only ?? (selection.size === 1 ? [...selection][0] : undefined);
  const node = chosen ? nodeOf(document, chosen) : undefined;
  const visit = ({ node: place, field }: Finding) => {
    if (!place) return;
    show({ plan: null });
    goTo(place, paramOf(field));
  };
  const start = (cache: boolean) => {
    show({ plan: null });
    runner.start({ ...scope, cache });
  };
  return (
    <PlanDialog
      scope={scope}
      node={node ? { id: node.id, name: titleOf(node, types) } : null}
      names={namesOf(document, types)}
      order={outline(document, types).map((one) => one.node.id)}
      plan={plan}
      problem={(one) => <ProblemLine problem={one} document={document} types={types} onGo={() => visit(one)} />}
      onScope={(next) => show({ plan: next })}
      onStart={start}
      onClose={() => show({ plan: null })}
    />
  );
}
