import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];
export type Run = Schemas["Run"];
export type NodeRun = Schemas["NodeRun"];
export type Finding = Schemas["Finding"];
export type ProblemDocument = Schemas["ProblemDocument"];

/** A problem document as an error: `detail` for people, `problem` for code. */
export class ApiProblem extends Error {
  constructor(readonly problem: ProblemDocument) {
    super(problem.detail);
  }
}

const raise: Middleware = {
  async onResponse({ response }) {
    if (response.ok || response.status === 304) return response;
    const text = await response.text();
    throw new ApiProblem(asProblem(response.status, text));
  },
};

function asProblem(status: number, text: string): ProblemDocument {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null && "detail" in body) return body as ProblemDocument;
  } catch {
    // not JSON: a gateway's own page
  }
  return { type: "", title: "Error", status, code: "unreadable", detail: `The server answered ${status}.`, request_id: "", errors: [], field: null, hint: null, current: null };
}

/** Same origin; the session cookie signs the browser in. */
export const api = createClient<paths>({ baseUrl: new URL("./", window.location.href).href.replace(/\/$/, ""), credentials: "same-origin" });
api.use(raise);

/** The data of an answer; an answer without data is an error of ours. */
export function data<T>(result: { data?: T }): T {
  if (result.data === undefined) throw new Error("The answer holds no data.");
  return result.data;
}
