import type { Strings } from "../../strings";
import type { Translation } from "../translation";
import { count } from "./count";

export const shell: Translation<Strings> = {
  product: "Flowza",
  skip: "Zum Inhalt springen",
  nav: { home: "Start", data: "Daten", models: "Modelle", endpoints: "Endpunkte", runs: "Läufe", settings: "Einstellungen" },
  finder: {
    hint: "Zum Suchen tippen",
    nothing: "Nichts mit diesem Namen.",
    found: count("Eintrag", "Einträge"),
    pages: "Seiten",
    actions: "Aktionen",
    add: "Knoten hinzufügen",
    goto: "Zu einem Knoten gehen",
    workflows: "Workflows",
    models: "Modelle",
    endpoints: "Endpunkte",
  },
  common: {
    loading: "Wird geladen …",
    retry: "Noch einmal versuchen",
    close: "Schließen",
    cancel: "Abbrechen",
    open: "Öffnen",
    copy: "Kopieren",
    copied: "Kopiert",
    notFound: "Unter dieser Adresse gibt es nichts.",
    broken: "Auf dieser Seite ist etwas schiefgegangen.",
    brokenHint: "Ihre Zeichnung ist gespeichert, wie oben angegeben. Laden Sie die Seite neu, um weiterzumachen.",
    reload: "Neu laden",
  },
};
