import { Link, Route, Router, Switch, useLocation } from "wouter";
import { DatasetPage, DatasetsPage } from "./pages/Datasets";
import { EditorPage } from "./pages/Editor";
import { EndpointPage, EndpointsPage } from "./pages/Endpoints";
import { HomePage } from "./pages/Home";
import { ModelPage, ModelsPage } from "./pages/Models";
import { RunsPage } from "./pages/Runs";
import { SettingsPage } from "./pages/Settings";
import { t } from "./strings";
import { useHashLocation, useHashSearch } from "./ui/hash";
import { Empty, Page } from "./ui/Page";

const PLACES: [string, string][] = [
  ["/", t.nav.home],
  ["/data", t.nav.data],
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
        <a className="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById("main")?.scrollIntoView(); }}>
          Skip to content
        </a>
        <Header />
        <div className="content">
          <Switch>
            <Route path="/" component={HomePage} />
            <Route path="/data" component={DatasetsPage} />
            <Route path="/data/:dataset">{({ dataset }) => <DatasetPage dataset={dataset} />}</Route>
            <Route path="/runs" component={RunsPage} />
            <Route path="/models" component={ModelsPage} />
            <Route path="/models/:model">{({ model }) => <ModelPage model={model} />}</Route>
            <Route path="/endpoints" component={EndpointsPage} />
            <Route path="/endpoints/:endpoint">{({ endpoint }) => <EndpointPage endpoint={endpoint} />}</Route>
            <Route path="/settings" component={SettingsPage} />
            <Route path="/workflows/:workflow">{({ workflow }) => <EditorPage workflow={workflow} />}</Route>
            <Route>
              <Page title={t.product}>
                <Empty text={t.common.notFound} />
              </Page>
            </Route>
          </Switch>
        </div>
      </div>
    </Router>
  );
}

function Header() {
  const [location] = useLocation();
  return (
    <header>
      <Link className="brand" href="/">
        <img src="./favicon.svg" width="24" height="24" alt="" />
        {t.product}
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

const isHere = (location: string, path: string): boolean => (path === "/" ? location === "/" : location.startsWith(path));
