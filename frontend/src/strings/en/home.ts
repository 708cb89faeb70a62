import { count } from "./count";

export const home = {
  home: {
    title: "Draw, run, deploy",
    lead: "Start from a template, from your own data, or from an empty canvas.",
    templates: "Templates",
    allTemplates: (number: number) => `All ${number} templates`,
    recent: "Your workflows",
    runs: "Recent runs",
    allRuns: "All runs",
    data: "Your data",
    allData: "All data",
    none: "No workflow yet. Open a template above, or start with an empty canvas.",
    empty: "Empty canvas",
    emptyHint: "Draw it yourself",
    upload: "Upload data",
    import: "Import a workflow",
    myData: "My data",
    nodes: count("node", "nodes"),
    picture: (nodes: string) => `Drawing: ${nodes}`,
    idle: "Idle cost",
    idleHour: (dollars: string) => `${dollars}/h`,
    idleText: "Nothing runs while nobody uses it.",
    month: "Spent this month",
    monthRuns: count("run", "runs"),
    bills: "What can cost money",
  },
};
