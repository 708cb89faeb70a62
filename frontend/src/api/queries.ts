import { keepPreviousData, queryOptions, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Catalog, Workflow } from "../model/types";
import { meaningOf } from "../model/meaning";
import { metricTitle } from "../model/metric";
import { kept } from "../model/same";
import { api, ApiProblem, data, type Run } from "./client";

const FINAL = new Set(["succeeded", "failed", "stopped"]);

/** Addresses of files hold for five minutes: whoever looks longer gets new ones in time. */
const ADDRESS_MS = 4 * 60_000;

/** Server data lives in the query cache and nowhere else. Each hook is one route. */

export const useCatalog = () =>
  useQuery({ queryKey: ["catalog"], staleTime: Infinity, queryFn: async () => data(await api.GET("/api/catalog")) as unknown as Catalog });

/** Names of figures as people read them. */
export function useMetricTitle(): (name: string) => string {
  const known = useCatalog().data?.metrics ?? NO_METRICS;
  return (name) => metricTitle(name, known);
}

const NO_METRICS = {};

export const useTemplates = () => useQuery({ queryKey: ["templates"], staleTime: Infinity, queryFn: async () => data(await api.GET("/api/templates")).items });

export const useWorkflows = () => useQuery({ queryKey: ["workflows"], queryFn: async () => data(await api.GET("/api/workflows")).items });

export const useDatasets = () =>
  useQuery({
    queryKey: ["datasets"],
    queryFn: async () => data(await api.GET("/api/datasets")),
    // A dataset that is being read says so until it is ready.
    refetchInterval: (query) => (query.state.data?.items.some((item) => item.status === "profiling") ? 500 : false),
  });

export const useDataset = (dataset: string) =>
  useQuery({ queryKey: ["datasets", dataset], refetchInterval: ADDRESS_MS, queryFn: async () => data(await api.GET("/api/datasets/{dataset}", { params: { path: { dataset } } })) });

/** Models by name, of all of them those that the text is found in, page by page. What was shown stays until the next is there. */
export const useModels = (search = "") =>
  useInfiniteQuery({
    queryKey: ["models", { search }],
    initialPageParam: null as string | null,
    placeholderData: keepPreviousData,
    queryFn: async ({ pageParam }) => data(await api.GET("/api/models", { params: { query: { ...(search ? { search } : {}), ...(pageParam ? { cursor: pageParam } : {}) } } })),
    getNextPageParam: (page) => page.next_cursor,
  });

export const useModel = (model: string) =>
  useQuery({ queryKey: ["models", model], refetchInterval: ADDRESS_MS, queryFn: async () => data(await api.GET("/api/models/{model}", { params: { path: { model } } })) });

export const useLineage = (of: string) => useQuery({ queryKey: ["lineage", of], queryFn: async () => data(await api.GET("/api/lineage", { params: { query: { of } } })) });

export const useEndpoints = () => useQuery({ queryKey: ["endpoints"], queryFn: async () => data(await api.GET("/api/endpoints")).items });

export const useEndpoint = (endpoint: string) =>
  useQuery({ queryKey: ["endpoints", endpoint], queryFn: async () => data(await api.GET("/api/endpoints/{endpoint}", { params: { path: { endpoint } } })) });

export const useRuns = (workflow?: string) =>
  useQuery({ queryKey: ["runs", { workflow }], queryFn: async () => data(await api.GET("/api/runs", { params: { query: workflow ? { workflow } : {} } })).items });

/** Runs page by page, newest first. */
export const useRunPages = (workflow: string | null) =>
  useInfiniteQuery({
    queryKey: ["runs", { pages: workflow }],
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam }) => data(await api.GET("/api/runs", { params: { query: { ...(workflow ? { workflow } : {}), ...(pageParam ? { cursor: pageParam } : {}) } } })),
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: (query) => (query.state.data?.pages.some((page) => page.items.some((run) => !FINAL.has(run.status))) ? 1_500 : false),
  });

export const useTokens = () => useQuery({ queryKey: ["tokens"], queryFn: async () => data(await api.GET("/api/tokens")).items });

export const isFinal = (run: Run | undefined): boolean => run !== undefined && FINAL.has(run.status);

/** Whether the server is away just now: a try has failed, or the browser knows that it has no network. */
export const isAway = (query: { failureCount: number; fetchStatus: string }): boolean => query.failureCount > 0 || query.fetchStatus === "paused";

/** A run, polled while it goes on: often at first, then calmer. The browser sends the ETag, so an unchanged run costs next to nothing. */
export const useRun = (run: string | null) =>
  useQuery({
    queryKey: ["runs", run],
    enabled: run !== null,
    queryFn: async () => data(await api.GET("/api/runs/{run}", { params: { path: { run: run ?? "" } } })),
    structuralSharing: (before, next) => kept(before as Run | undefined, next as Run),
    refetchInterval: (query) => {
      const found = query.state.data;
      if (!found || isFinal(found)) return false;
      return Date.now() - Date.parse(found.created_at) < 15_000 ? 250 : 1_500;
    },
    // A run that is not there stays so; a server that is away is asked until it is back.
    retry: (_, error) => !(error instanceof ApiProblem && error.problem.status < 500),
    retryDelay: 1_000,
  });

export const nodeDetail = (run: string | null, node: string | null, status: string | undefined) =>
  queryOptions({
    queryKey: ["runs", run, node, status],
    enabled: run !== null && node !== null && status !== undefined && ["succeeded", "cached", "failed"].includes(status),
    staleTime: ADDRESS_MS,
    refetchInterval: ADDRESS_MS,
    queryFn: async () => data(await api.GET("/api/runs/{run}/nodes/{node}", { params: { path: { run: run ?? "", node: node ?? "" } } })),
  });

export const useNodeDetail = (...which: Parameters<typeof nodeDetail>) => useQuery(nodeDetail(...which));

/** What the check says of the drawing. The key is the meaning of the drawing: moving a node asks nothing. */
export const useCheck = (workflow: Workflow, answers: { target?: string | null }) => {
  return useQuery({
    queryKey: ["check", meaningOf(workflow), answers],
    placeholderData: (previous) => previous,
    staleTime: Infinity,
    gcTime: 60_000,
    queryFn: async () => data(await api.POST("/api/workflows/check", { body: { workflow, answers } })),
  });
};

/** What a run would do: stored results and why, time and cost, stages. Asked for when somebody looks, with the drawing as it is. */
export const usePlan = (workflow: Workflow, order: PlanOptions, wanted: boolean) => {
  return useQuery({
    queryKey: ["plan", meaningOf(workflow), order],
    enabled: wanted,
    staleTime: 5_000,
    retry: false,
    queryFn: async () => {
      const { id, target, scope, cache } = order;
      return data(await api.POST("/api/workflows/plan", { body: { workflow, workflow_id: id, answers: target ? { target } : {}, cache, ...scope } }));
    },
  });
};

export interface PlanOptions {
  id: string | null;
  target?: string | null;
  scope: { until?: string; since?: string; only?: string };
  cache: boolean;
}

export interface RunOrder {
  workflow: string;
  target?: string | null;
  until?: string | undefined;
  since?: string | undefined;
  only?: string | undefined;
  cache?: boolean;
}

export const useStartRun = () => {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async ({ workflow, target, cache: stored = true, ...scope }: RunOrder) =>
      data(
        await api.POST("/api/workflows/{workflow}/runs", {
          params: { path: { workflow } },
          headers: { "Idempotency-Key": crypto.randomUUID() },
          body: { answers: target ? { target } : {}, cache: stored, ...scope },
        }),
      ),
    onSuccess: (run) => {
      cache.setQueryData(["runs", run.id], run);
      void cache.invalidateQueries({ queryKey: ["runs"], exact: false, predicate: (query) => typeof query.queryKey[1] === "object" });
    },
  });
};

export const useResumeRun = () => {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (run: string) => data(await api.POST("/api/runs/{run}/resume", { params: { path: { run } }, headers: { "Idempotency-Key": crypto.randomUUID() } })),
    onSuccess: (run) => {
      cache.setQueryData(["runs", run.id], run);
      void cache.invalidateQueries({ queryKey: ["runs"], exact: false, predicate: (query) => typeof query.queryKey[1] === "object" });
    },
  });
};

/** A person's answer to a run that waits for one. */
export const useDecision = () => {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async ({ run, node, approve, note }: { run: string; node: string; approve: boolean; note: string }) =>
      data(await api.POST("/api/runs/{run}/nodes/{node}/decision", { params: { path: { run, node } }, body: { approve, note } })),
    onSuccess: (run) => cache.setQueryData(["runs", run.id], run),
  });
};

/** Approvals that name you, looked after while the page is open. */
export const useQuestions = () =>
  useQuery({ queryKey: ["questions"], refetchInterval: 30_000, queryFn: async () => data(await api.GET("/api/questions")).items });

export const useAnswer = () => {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async ({ run, node, approve, note }: { run: string; node: string; approve: boolean; note: string }) =>
      await api.POST("/api/questions/{run}/{node}", { params: { path: { run, node } }, body: { approve, note } }),
    // Answered by somebody else is gone, too.
    onSettled: () => cache.invalidateQueries({ queryKey: ["questions"] }),
  });
};

export const useSpending = () => useQuery({ queryKey: ["spending"], queryFn: async () => data(await api.GET("/api/spending")) });

export const useMe = () => useQuery({ queryKey: ["me"], staleTime: Infinity, queryFn: async () => data(await api.GET("/api/me")) });

export const useRevision = (workflow: string, revision: number | null) =>
  useQuery({
    queryKey: ["revision", workflow, revision],
    enabled: revision !== null,
    staleTime: Infinity,
    queryFn: async () => data(await api.GET("/api/workflows/{workflow}/revisions/{revision}", { params: { path: { workflow, revision: String(revision) } } })),
  });

export const useCancelRun = () => {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (run: string) => data(await api.POST("/api/runs/{run}/cancel", { params: { path: { run } } })),
    onSuccess: (run) => cache.setQueryData(["runs", run.id], run),
  });
};

export const createWorkflow = async (workflow: Workflow) => data(await api.POST("/api/workflows", { body: workflow }));
