// Prints the gzip size of what the first page loads: scripts and styles of the built canvas.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const sizes = { js: 0, css: 0 };
for (const name of readdirSync("dist/assets")) {
  const kind = name.split(".").pop();
  if (kind in sizes) sizes[kind] += gzipSync(readFileSync(`dist/assets/${name}`)).length;
}
process.stdout.write(JSON.stringify({ js_gzip_bytes: sizes.js, css_gzip_bytes: sizes.css }) + "\n");
