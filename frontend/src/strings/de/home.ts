import type { Strings } from "../../strings";
import type { Translation } from "../translation";
import { count } from "./count";

export const home: Translation<Strings> = {
  home: {
    title: "Zeichnen, ausführen, bereitstellen",
    lead: "Beginnen Sie mit einer Vorlage, mit eigenen Daten oder mit einer leeren Fläche.",
    templates: "Vorlagen",
    allTemplates: (number) => `Alle ${number} Vorlagen`,
    recent: "Ihre Workflows",
    runs: "Letzte Läufe",
    allRuns: "Alle Läufe",
    data: "Ihre Daten",
    allData: "Alle Daten",
    none: "Noch kein Workflow. Öffnen Sie oben eine Vorlage oder beginnen Sie mit einer leeren Fläche.",
    empty: "Leere Fläche",
    emptyHint: "Selbst zeichnen",
    upload: "Daten hochladen",
    import: "Workflow importieren",
    myData: "Meine Daten",
    nodes: count("Knoten", "Knoten"),
    picture: (nodes) => `Zeichnung: ${nodes}`,
    idle: "Kosten im Leerlauf",
    idleHour: (dollars) => `${dollars}/h`,
    idleText: "Solange niemand etwas tut, läuft nichts.",
    month: "Diesen Monat ausgegeben",
    monthRuns: count("Lauf", "Läufe"),
    bills: "Was Geld kosten kann",
  },
};
