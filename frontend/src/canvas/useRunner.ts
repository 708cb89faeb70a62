import { notifications } from "@mantine/notifications";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ApiProblem, type Finding } from "../api/client";
import { useStartRun } from "../api/queries";
import { useCanvas } from "./store";

/** Which part is run, and whether stored results are taken. */
export interface RunOptions {
  until?: string | undefined;
  since?: string | undefined;
  only?: string | undefined;
  cache?: boolean;
}

export interface Runner {
  start: (options?: RunOptions) => void;
  answer: (target: string) => void;
  asking: boolean;
  stopAsking: () => void;
  pending: boolean;
}

/** Save, then run. When the target cannot be known, ask once and remember the answer. With things to fix, nothing is started: the way leads to the first of them. */
export function useRunner(id: string, flush: () => Promise<boolean>, show: (run: string) => void, problems: readonly Finding[], onProblems: () => void): Runner {
  const { mutateAsync, isPending } = useStartRun();
  const [asking, setAsking] = useState(false);
  const order = useRef<RunOptions>({});
  const now = useRef({ flush, show, problems, onProblems });
  useEffect(() => {
    now.current = { flush, show, problems, onProblems };
  });

  const launch = useCallback(async () => {
    if (!(await now.current.flush())) return;
    try {
      const run = await mutateAsync({ workflow: id, target: useCanvas.getState().target, ...order.current });
      now.current.show(run.id);
    } catch (error) {
      if (error instanceof ApiProblem && error.problem.errors?.some((one) => one.code === "target-missing")) setAsking(true);
      else notifications.show({ color: "red", message: words(error), autoClose: 10_000 });
    }
  }, [id, mutateAsync]);

  return useMemo(
    () => ({
      start: (options = {}) => {
        order.current = options;
        const errors = now.current.problems.filter((one) => one.severity === "error");
        if (errors.length > 0 && errors.every((one) => one.code === "target-missing")) setAsking(true);
        else if (errors.length > 0) now.current.onProblems();
        else void launch();
      },
      answer: (target) => {
        useCanvas.getState().answer(target);
        setAsking(false);
        void launch();
      },
      asking,
      stopAsking: () => setAsking(false),
      pending: isPending,
    }),
    [launch, asking, isPending],
  );
}

const words = (error: unknown): string => {
  if (error instanceof ApiProblem) return [error.message, error.problem.hint].filter(Boolean).join(" ");
  return error instanceof Error ? error.message : String(error);
};
