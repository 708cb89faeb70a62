import { lazy, Suspense, useEffect } from "react";
import { Link, Route, Router, Switch, useLocation } from "wouter";
import { t } from "./strings";
import { keysOf, useActions } from "./ui/actions";
import { useHashLocation, useHashSearch } from "./ui/hash";
import { Boundary, Empty, Page, Waiting } from "./ui/Page";

// Each page comes when it is asked for.
const HomePage = lazy(() => import("./pages/Home").then((module) => ({ default: module.HomePage })));
const DatasetsPage = lazy(() => import("./pages/Datasets").then((module) => ({ default: module.DatasetsPage })));
const DatasetPage = lazy(() => import("./pages/Datasets").then((module) => ({ default: module.DatasetPage })));
const EditorPage = lazy(() => import("./pages/Editor"));
const EndpointsPage = lazy(() => import("./pages/Endpoints"));
const EndpointPage = lazy(() => import("./pages/Endpoint"));
const ModelsPage = lazy(() => import("./pages/Models"));
const ModelPage = lazy(() => import("./pages/Model"));
const RunPage = lazy(() => import("./pages/Run"));
const ComparePage = lazy(() => import("./pages/Compare"));
const RunsPage = lazy(() => import("./pages/Runs"));
const WorkflowsPage = lazy(() => import("./pages/Workflows"));
const SettingsPage = lazy(() => import("./pages/Settings"));
const CommandPalette = lazy(() => import("./commands/Palette"));

const PLACES: [string, string][] = [
  ["/", t.nav.home],
  ["/data", t.nav.data],
  ["/workflows", t.site.workflows],
  ["/runs", t.nav.runs],
  ["/models", t.nav.models],
  ["/endpoints", t.nav.endpoints],
  ["/settings", t.nav.settings],
];

/** Hash addresses: one static page serves them all, wherever it lies. */
export function App() {
  return (
    <Router hook={useHashLocation} searchHook={useHashSearch}>
      <div className="shell">
        <a className="skip" href="#main" onClick={skip}>
          {t.skip}
        </a>
        <Header />
        <div className="content">
          <Boundary>
            <Suspense fallback={<Waiting />}>
              <Pages />
            </Suspense>
          </Boundary>
        </div>
        <Palette />
      </div>
    </Router>
  );
}

const skip = (event: { preventDefault: () => void }) => {
  event.preventDefault();
  const main = document.getElementById("main");
  main?.setAttribute("tabindex", "-1");
  main?.focus();
};

function Pages() {
  return (
    <Switch>
      <Route path="/" component={HomePage} />
      <Route path="/data" component={DatasetsPage} />
      <Route path="/data/:dataset">{({ dataset }) => <DatasetPage dataset={dataset} />}</Route>
      <Route path="/runs" component={RunsPage} />
      <Route path="/runs/:run">{({ run }) => <RunPage key={run} run={run} />}</Route>
      <Route path="/compare" component={ComparePage} />
      <Route path="/models" component={ModelsPage} />
      <Route path="/models/:model">{({ model }) => <ModelPage model={decodeURIComponent(model)} />}</Route>
      <Route path="/endpoints" component={EndpointsPage} />
      <Route path="/endpoints/:endpoint">{({ endpoint }) => <EndpointPage endpoint={endpoint} />}</Route>
      <Route path="/settings" component={SettingsPage} />
      <Route path="/workflows" component={WorkflowsPage} />
      <Route path="/workflows/:workflow">{({ workflow }) => <EditorPage workflow={workflow} />}</Route>
      <Route>
        <Page title={t.product}>
          <Empty text={t.common.notFound} />
        </Page>
      </Route>
    </Switch>
  );
}

function Header() {
  const [location] = useLocation();
  return (
    <header>
      <Link className="brand" href="/" aria-label={t.product}>
        <img src="./favicon.svg" width="24" height="24" alt="" />
        <span>{t.product}</span>
      </Link>
      <nav aria-label={t.product}>
        {PLACES.map(([path, name]) => (
          <Link key={path} href={path} aria-current={isHere(location, path) ? "page" : undefined}>
            {name}
          </Link>
        ))}
      </nav>
    </header>
  );
}

/** Comparing is reading runs. */
const isHere = (location: string, path: string): boolean => (path === "/" ? location === "/" : location.startsWith(path) || (path === "/runs" && location === "/compare"));

/** Ctrl-K, everywhere. */
function Palette() {
  const opened = useActions((state) => state.palette);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (keysOf(event) !== "Mod+k") return;
      event.preventDefault();
      const { palette, openPalette } = useActions.getState();
      openPalette(!palette);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  return <Suspense>{opened && <CommandPalette places={PLACES} />}</Suspense>;
}
