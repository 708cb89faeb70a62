/** How an endpoint is called from elsewhere, with a row as it is sent. Pure; the row is data of other people and is written so that no shell or language reads more into it. */
export const curl = (address: string, key: string, row: Record<string, unknown>): string => posted(address, key, { rows: [row] });

/** How the truth of a prediction is said, once it is known; `value` stands for what it may be. */
export const feedback = (address: string, key: string, value: string | number): string => posted(`${address}/feedback`, key, { truth: [{ request_id: "REQUEST_ID", row: 0, value }] });

function posted(address: string, key: string, body: unknown): string {
  return [`curl -X POST ${quoted(address)} \\`, `  -H 'content-type: application/json' -H ${quoted(`x-api-key: ${key}`)} \\`, `  -d ${quoted(JSON.stringify(body))}`].join("\n");
}

/** In single quotes for a POSIX shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

export function python(address: string, key: string, row: Record<string, unknown>): string {
  return [
    "import json",
    "from urllib.request import Request, urlopen",
    "",
    `body = json.dumps({"rows": [json.loads(${pythonText(JSON.stringify(row))})]}).encode()`,
    `headers = {"content-type": "application/json", "x-api-key": ${pythonText(key)}}`,
    `answer = json.load(urlopen(Request(${pythonText(address)}, body, headers)))`,
    'print(answer["predictions"][0])',
  ].join("\n");
}

/** A JSON text is a Python text, except for what JSON leaves as it is and Python would not take in a source line. */
const pythonText = (text: string): string => JSON.stringify(text).replaceAll(/[\u007F-\uFFFF]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);

export function javascript(address: string, key: string, row: Record<string, unknown>): string {
  return [
    `const answer = await fetch(${JSON.stringify(address)}, {`,
    '  method: "POST",',
    `  headers: { "content-type": "application/json", "x-api-key": ${JSON.stringify(key)} },`,
    `  body: JSON.stringify({ rows: [${JSON.stringify(row)}] }),`,
    "});",
    "console.log((await answer.json()).predictions[0]);",
  ].join("\n");
}
