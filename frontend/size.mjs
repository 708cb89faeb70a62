// Prints the gzip sizes of the built canvas: what the first page (home) loads, what the editor loads, and what comes later. Fails above the budget.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET_BYTES = 300_000;
const manifest = JSON.parse(readFileSync("dist/.vite/manifest.json", "utf8"));
const gzip = (file) => gzipSync(readFileSync(`dist/${file}`)).length;

/** The script files that a module loads at once. */
function loaded(name, found = new Set()) {
  const entry = manifest[name];
  if (!entry || found.has(entry.file)) return found;
  found.add(entry.file);
  for (const one of entry.imports ?? []) loaded(one, found);
  return found;
}

const sum = (files) => [...files].filter((file) => file.endsWith(".js")).reduce((total, file) => total + gzip(file), 0);
const shell = loaded("src/boot.tsx", loaded("index.html"));
const home = loaded("src/pages/Home.tsx", new Set(shell));
const editor = loaded("src/pages/Editor.tsx", new Set(shell));
const all = new Set(Object.values(manifest).map((entry) => entry.file));
const css = [...new Set(Object.values(manifest).flatMap((entry) => entry.css ?? []))].reduce((total, file) => total + gzip(file), 0);
const figures = { home_js_gzip_bytes: sum(home), editor_js_gzip_bytes: sum(editor), later_js_gzip_bytes: sum(all) - sum(editor), css_gzip_bytes: css };
process.stdout.write(JSON.stringify(figures) + "\n");
if (figures.editor_js_gzip_bytes > BUDGET_BYTES) {
  process.stderr.write(`The canvas loads ${figures.editor_js_gzip_bytes} bytes of script; the budget is ${BUDGET_BYTES}.\n`);
  process.exit(1);
}
