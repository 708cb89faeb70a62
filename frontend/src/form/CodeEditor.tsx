import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { PostgreSQL, sql, SQLite } from "@codemirror/lang-sql";
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { Annotation, Compartment, EditorState, type Extension } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import type { Column } from "../model/types";
import { columnsOf, schemaOf } from "./completions";

export type Language = "python" | "postgresql" | "sqlite";
type Tables = Readonly<Record<string, readonly Column[] | undefined>>;

interface EditorProps {
  label: string;
  describedBy: string;
  invalid: boolean;
  language: Language;
  columns: Tables;
  value: string;
  onChange: (value: string) => void;
}

// Marks what the document says and nobody typed.
const outside = Annotation.define<boolean>();

// Colours are names of the theme, so that light and dark need one style.
const STYLE = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: "var(--series-4)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--series-3)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--series-1)" },
  { tag: [tags.comment], color: "var(--calm)", fontStyle: "italic" },
  { tag: [tags.function(tags.variableName), tags.function(tags.definition(tags.variableName)), tags.typeName, tags.className], color: "var(--series-2)" },
]);

function languageOf(language: Language, columns: Tables): Extension {
  if (language === "python") {
    const spoken = python();
    return [spoken, spoken.language.data.of({ autocomplete: columnsOf(columns[""]) })];
  }
  return sql({ dialect: language === "sqlite" ? SQLite : PostgreSQL, schema: schemaOf(columns), upperCaseKeywords: true });
}

/** Lines, colours, brackets, and columns as one types. Tab moves on to the next field, as it does everywhere; Ctrl-] indents. */
export default function CodeEditor({ label, describedBy, invalid, language, columns, value, onChange }: EditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const told = useRef(onChange);
  told.current = onChange;
  const onTheirWay = useRef<string[]>([]);
  const parts = useRef({ language: new Compartment(), words: new Compartment() });
  const words = EditorView.contentAttributes.of({ "aria-label": label, "aria-describedby": describedBy, "aria-multiline": "true", ...(invalid ? { "aria-invalid": "true" } : {}) });

  useEffect(() => {
    if (!place.current) return undefined;
    const made = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: value,
        extensions: [
          lineNumbers(),
          history(),
          indentOnInput(),
          indentUnit.of(language === "python" ? "    " : "  "),
          bracketMatching(),
          closeBrackets(),
          autocompletion({ icons: false }),
          syntaxHighlighting(STYLE),
          keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
          parts.current.language.of(languageOf(language, columns)),
          parts.current.words.of(words),
          EditorView.updateListener.of((update) => {
            if (!update.docChanged || update.transactions.some((one) => one.annotation(outside))) return;
            const text = update.state.doc.toString();
            onTheirWay.current.push(text);
            told.current(text);
          }),
        ],
      }),
    });
    view.current = made;
    return () => made.destroy();
    // Made once; what changes later is told below.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);

  useEffect(() => {
    view.current?.dispatch({ effects: parts.current.language.reconfigure(languageOf(language, columns)) });
  }, [language, columns]);

  useEffect(() => {
    view.current?.dispatch({ effects: parts.current.words.reconfigure(words) });
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [label, describedBy, invalid]);

  // What was typed comes back as a value, perhaps after the next letter was typed. Anything else (undone on the canvas, changed in another tab) is the document's.
  useEffect(() => {
    const echo = onTheirWay.current.indexOf(value);
    onTheirWay.current.splice(0, echo < 0 ? Infinity : echo + 1);
    const shown = view.current?.state.doc;
    if (echo < 0 && view.current && shown?.toString() !== value) {
      view.current.dispatch({ changes: { from: 0, to: shown?.length ?? 0, insert: value }, annotations: outside.of(true) });
    }
  }, [value]);

  return <div ref={place} className="code-editor" data-invalid={invalid || undefined} />;
}
