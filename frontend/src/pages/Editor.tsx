import { useComputedColorScheme } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { ReactFlowProvider } from "@xyflow/react";
import { lazy, Suspense, useCallback, useEffect, useLayoutEffect, useMemo, useState } from "react";
import { useLocation, useSearch } from "wouter";
import { api, data, type Finding } from "../api/client";
import { useCatalog, useCheck, isAway, useRun, useRuns } from "../api/queries";
import { Bar } from "../canvas/Bar";
import { Canvas } from "../canvas/Canvas";
import { addAtEnd } from "../canvas/adding";
import { withDraft } from "../canvas/draft";
import { go, takeErrand } from "../canvas/errand";
import { LeftPanel } from "../canvas/LeftPanel";
import { NodeMenu } from "../canvas/NodeMenu";
import { Overlays, preloadFinders } from "../canvas/Overlays";
import { preloadPanel, SidePanel } from "../canvas/SidePanel";
import { useStanding } from "../canvas/standing";
import { useCanvas, useDocument } from "../canvas/store";
import { chooseFile, useImport } from "../canvas/transfer";
import { useAddress } from "../canvas/useAddress";
import { useCanvasActions } from "../canvas/useActions";
import { useAutosave } from "../canvas/useAutosave";
import { useClipboard } from "../canvas/useClipboard";
import { useRunner } from "../canvas/useRunner";
import { useAnnouncement, useTabTitle } from "../canvas/useRunWords";
import { useShortcuts } from "../canvas/useShortcuts";
import { closeAll, useView } from "../canvas/view";
import { withUnknown } from "../model/lookup";
import { withCards } from "../model/nested";
import { byName } from "../model/record";
import { byType, type Connection, type NodeType, type NodeTypes, type Workflow } from "../model/types";
import { t } from "../strings";
import { useActions } from "../ui/actions";
import { Loaded } from "../ui/Page";

/** Load the workflow of the address into the store, once for each address. */
export default function EditorPage({ workflow }: { workflow: string }) {
  const loaded = useCanvas((state) => state.id);
  const [error, setError] = useState<Error | null>(null);
  const load = useCallback(async () => {
    setError(null);
    try {
      const record = data(await api.GET("/api/workflows/{workflow}", { params: { path: { workflow } } }));
      take(record.id, record.revision, record.document as unknown as Workflow);
    } catch (problem) {
      setError(problem as Error);
    }
  }, [workflow]);
  useEffect(() => void load(), [load]);
  return (
    <Loaded query={{ data: loaded === workflow ? true : undefined, error, refetch: load }}>
      {() => (
        <ReactFlowProvider>
          <Editor id={workflow} />
        </ReactFlowProvider>
      )}
    </Loaded>
  );
}

// What is opened only now and then comes when it is opened.
const Drawer = lazy(() => import("../canvas/Drawer"));
const PlanPanel = lazy(() => import("../canvas/PlanPanel"));

/** A workflow that comes into view: the steps that can be undone stay where it is the same one, and what was not saved the last time comes back. */
function take(id: string, revision: number, document: Workflow): void {
  const { id: before, revision: known, saved, history, load, rebase, edit } = useCanvas.getState();
  if (before === id) {
    // What is not saved yet meets the newer revision when it is: see `useAutosave`.
    if (known !== revision && history.present === saved) rebase(revision, document, document);
    return;
  }
  closeAll();
  load(id, revision, document);
  const unsaved = withDraft(id, document);
  if (!unsaved) return;
  edit(unsaved);
  notifications.show({ message: t.canvas.draftBack, autoClose: 10_000 });
}

const PAUSE_MS = 250;
const NO_TYPES: NodeTypes = {};
const NO_PROBLEMS: readonly Finding[] = [];
const NO_CONNECTIONS: readonly Connection[] = [];
const NO_PALETTE: NodeType[] = [];

function Editor({ id }: { id: string }) {
  const catalog = useCatalog();
  const known = useMemo(() => (catalog.data ? byType(catalog.data) : NO_TYPES), [catalog.data]);
  const palette = catalog.data?.nodes ?? NO_PALETTE;
  const document = useDocument();
  const types = useMemo(() => (known === NO_TYPES ? known : withUnknown(document, known)), [document, known]);
  const target = useCanvas((state) => state.target);
  // While somebody types, the check waits for a pause.
  const [settled] = useDebouncedValue(document, PAUSE_MS, { leading: true });
  const check = useCheck(settled, { target });
  const problems = check.data?.problems ?? NO_PROBLEMS;
  const drawer = useView((state) => state.port !== null);
  const planning = useView((state) => state.plan !== null);
  const save = useAutosave();
  const [shown, show] = useShownRun(id);
  const run = useRun(shown);
  const nodeRuns = useMemo(() => byName(withCards(run.data?.nodes ?? [], document.nodes)), [run.data, document.nodes]);
  useLayoutEffect(() => useStanding.setState({ document, types, runs: nodeRuns }), [document, types, nodeRuns]);
  const colorMode = useComputedColorScheme("light");
  useEffect(() => whenIdle(() => [preloadPanel, preloadFinders].forEach((load) => load())), []);
  const words = useAnnouncement(run.data, types);
  useTabTitle(document.name, run.data);

  // A way out that was chosen on the page of a run goes on here.
  useEffect(() => {
    const errand = known === NO_TYPES ? null : takeErrand(id);
    if (errand) go(errand, known);
  }, [id, known]);

  const [first, setFirst] = useState(0);
  const runner = useRunner(id, save.flush, show, problems, () => setFirst((count) => count + 1));
  const take = useImport();
  const onFile = useCallback((file: File) => void take(file), [take]);
  const onImport = useCallback(() => chooseFile(onFile), [onFile]);
  const actions = useCanvasActions({ types, problems, runner, onImport });
  useShortcuts(actions);
  useClipboard();
  useAddress(id);
  useOffered(actions);
  // Run with things to fix leads to the first of them.
  useEffect(() => {
    if (first) actions.find((one) => one.id === "next-problem")?.act();
    // Only a press of Run counts.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [first]);

  return (
    <main className="editor" id="main">
      <Bar id={id} save={save} run={run.data} offline={isAway(run)} problems={problems} runner={runner} actions={actions} onShow={show} />
      <LeftPanel types={types} palette={palette} onAdd={addAtEnd} />
      <Canvas types={types} problems={problems} resolved={check.data?.connections ?? NO_CONNECTIONS} colorMode={colorMode} onFile={onFile} />
      <SidePanel types={types} check={check.data} failed={check.error} run={shown} nodeRuns={nodeRuns} actions={actions} />
      <Suspense>
        {drawer && <Drawer types={types} run={shown} nodeRuns={nodeRuns} />}
        {planning && <PlanPanel id={id} types={types} runner={runner} />}
      </Suspense>
      <div className="visually-hidden" role="status" data-testid="announcement">
        {words}
      </div>
      <NodeMenu actions={actions} />
      <Overlays id={id} types={types} palette={palette} problems={problems} runner={runner} actions={actions} save={save} />
    </main>
  );
}

/** Not before the page has drawn itself. */
function whenIdle(act: () => void): () => void {
  const timer = setTimeout(act, 1_500);
  return () => clearTimeout(timer);
}

/** While the canvas is shown, the command palette offers what it can do. */
function useOffered(actions: ReturnType<typeof useCanvasActions>) {
  useEffect(() => {
    useActions.getState().offer(actions);
    return () => useActions.getState().offer([]);
  }, [actions]);
}

/** The run in the address, or the newest one of the workflow: a reload shows what was shown. */
function useShownRun(workflow: string): [string | null, (run: string) => void] {
  const search = useSearch();
  const [, navigate] = useLocation();
  const inAddress = new URLSearchParams(search).get("run");
  const newest = useRuns(workflow).data?.[0]?.id ?? null;
  const show = useCallback((run: string) => navigate(`/workflows/${workflow}?run=${run}`, { replace: true }), [workflow, navigate]);
  return [inAddress ?? newest, show];
}
