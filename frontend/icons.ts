import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Plugin } from "vite";

const MODULE = "virtual:node-icons";
const CATALOG = new URL("../chalicelib/catalog.json", import.meta.url);
const DEVELOPMENT = "/node-icons.svg";
/** What a node type gets whose icon this build does not know. */
const FALLBACK = "box";

/**
 * The icons that the catalogue names, as one file beside the code: a new node type brings its own, and none of them costs the shell anything.
 * The module `virtual:node-icons` gives the file's address, the names in it, and those it should have and has not.
 */
export function nodeIcons(): Plugin {
  const wanted = [...new Set([FALLBACK, ...catalogNames()])].sort();
  const names = wanted.filter((name) => existsSync(file(name)));
  let building = false;
  return {
    name: "node-icons",
    configResolved(config) {
      building = config.command === "build";
    },
    configureServer(server) {
      server.middlewares.use(DEVELOPMENT, (_, response) => response.setHeader("Content-Type", "image/svg+xml").end(sprite(names)));
    },
    resolveId: (source) => (source === MODULE ? `\0${MODULE}` : undefined),
    load(id) {
      if (id !== `\0${MODULE}`) return undefined;
      const address = building
        ? `import.meta.ROLLUP_FILE_URL_${this.emitFile({ type: "asset", name: "node-icons.svg", source: sprite(names) })}`
        : JSON.stringify(DEVELOPMENT);
      return `export const address = ${address};\nexport const names = new Set(${JSON.stringify(names)});\nexport const missing = ${JSON.stringify(wanted.filter((name) => !names.includes(name)))};`;
    },
  };
}

/** The icons that node types ask for. */
function catalogNames(): string[] {
  const catalog = JSON.parse(readFileSync(CATALOG, "utf8")) as { nodes: { icon: string }[] };
  return catalog.nodes.map((node) => node.icon);
}

/** Where the icon set keeps a name, whether it has it or not. */
function file(name: string): string {
  return join(dirname(createRequire(import.meta.url).resolve("@tabler/icons/package.json")), "icons", "outline", `${name}.svg`);
}

/** One symbol for each name. */
function sprite(names: string[]): string {
  const symbols = names.map((name) => {
    const drawn = readFileSync(file(name), "utf8");
    const inside = drawn.slice(drawn.indexOf(">") + 1, drawn.lastIndexOf("</svg>")).replace(/\s+/g, " ");
    return `<symbol id="${name}" viewBox="0 0 24 24">${inside}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
}
