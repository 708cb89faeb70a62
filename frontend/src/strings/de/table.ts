import type { Strings } from "../../strings";
import type { Translation } from "../translation";
import { count } from "./count";

const of = (number: number) => number.toLocaleString("de");

export const table: Translation<Strings> = {
  table: {
    drawer: "Daten des Anschlusses",
    rows: count("Zeile", "Zeilen"),
    columns: count("Spalte", "Spalten"),
    shown: (shown, all) => `${of(shown)} von ${of(all)} Zeilen`,
    firstRows: (shown, all) => `die ersten ${of(shown)} von ${of(all)} Zeilen`,
    loadAll: "Alle Zeilen laden",
    loadingAll: "Zeilen werden geladen …",
    loadFailed: (why) => `Die Zeilen konnten nicht geladen werden: ${why}`,
    filter: "Zeilen filtern",
    filterHint: "Ein Wort oder eine Bedingung wie age > 30, sex = female, cabin is empty",
    filterWrong: (column) => `Es gibt keine Spalte „${column}“.`,
    noMatch: "Keine Zeile passt.",
    sort: (column) => `Nach ${column} sortieren`,
    ascending: "aufsteigend",
    descending: "absteigend",
    csv: "Diese Zeilen als CSV",
    file: "Ganze Tabelle (Parquet)",
    close: "Datenbereich schließen",
    taller: "Höher",
    lower: "Niedriger",
    missing: (number, share) => `${number} fehlen (${share})`,
    complete: "keine fehlt",
    distinct: count("verschiedener Wert", "verschiedene Werte"),
    rolesAll: "alle Zeilen",
    rolesTrain: "Trainingszeilen",
    rolesTest: "Testzeilen",
    noRows: "Keine Zeilen zu zeigen: Führen Sie zuerst den Workflow aus.",
    notTable: "Dieser Anschluss trägt keine Tabelle.",
    types: { integer: "ganze Zahl", number: "Zahl", text: "Text", boolean: "ja oder nein", datetime: "Datum und Zeit" },
    warnings: { constant: "nur ein Wert", empty: "leer", identifier: "sieht wie eine Kennung aus" },
  },
};
