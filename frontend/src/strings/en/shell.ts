import { count } from "./count";

export const shell = {
  product: "Flowza",
  skip: "Skip to content",
  nav: { home: "Home", data: "Data", models: "Models", endpoints: "Endpoints", runs: "Runs", settings: "Settings" },
  finder: {
    hint: "Type to search",
    nothing: "Nothing of that name.",
    found: count("entry", "entries"),
    pages: "Pages",
    actions: "Actions",
    add: "Add a node",
    goto: "Go to a node",
    workflows: "Workflows",
    models: "Models",
    endpoints: "Endpoints",
  },
  common: {
    loading: "Loading…",
    retry: "Try again",
    close: "Close",
    cancel: "Cancel",
    open: "Open",
    copy: "Copy",
    copied: "Copied",
    notFound: "There is nothing at this address.",
    broken: "Something went wrong on this page.",
    brokenHint: "What you drew is saved as it says above. Reload the page to go on.",
    reload: "Reload",
  },
};
