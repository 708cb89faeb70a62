import fc from "fast-check";
import { describe, expect, it } from "vitest";
import catalogFile from "../../../chalicelib/catalog.json";
import titanic from "../../../statemachines/titanic.workflow.json";
import { align, distribute } from "./arrange";
import { copyText, duplicate, paste } from "./clipboard";
import { options, refusal, spare, wires } from "./connect";
import { emptyWorkflow } from "./document";
import { find } from "./find";
import { nodeOf, withUnknown } from "./lookup";
import { outline } from "./outline";
import { inOrder, paramOf, step } from "./problems";
import { readDocument } from "./read";
import { accept, freePlace, suggestions } from "./suggest";
import { byType, type Catalog, type Connection, type Workflow } from "./types";

const types = byType(catalogFile as unknown as Catalog);
const workflow = { ...(titanic as unknown as Workflow), nodes: titanic.nodes.map((node) => ({ ...node, data: { params: {}, ...node.data } })) } as Workflow;

const id = fc.stringMatching(/^[a-z][a-z0-9_]{0,6}$/);
const drawn = fc
  .uniqueArray(id, { maxLength: 12 })
  .chain((ids) =>
    fc.record({
      nodes: fc.constant(ids.map((one, index) => ({ id: one, type: "preprocess", position: { x: index * 7, y: 0 }, data: { label: one, params: { index } } }))),
      connections: ids.length ? fc.array(fc.record({ source: fc.constantFrom(...ids), target: fc.constantFrom(...ids) }), { maxLength: 20 }) : fc.constant<Connection[]>([]),
    }),
  )
  .map((parts): Workflow => ({ ...emptyWorkflow("any"), ...parts }));

describe("quick add", () => {
  const at = (node: string, side: "in" | "out", port?: string) => suggestions(workflow, types, { node, side, port });

  it("offers only what fits a port", () => {
    const after = at("train_test_split", "out", "test").map((one) => one.type.type);
    expect(after).toContain("evaluate");
    expect(after).toContain("preprocess");
    expect(after).not.toContain("train_logreg");
    expect(after).not.toContain("csv_loader");
    expect(at("train_test_split", "out", "train").map((one) => one.type.type)).toContain("train_logreg");
    expect(at("load_csv", "in")).toEqual([]);
    expect(at("evaluate", "in", "model")).toEqual([]);
  });

  it("adds and connects in one step, where nothing lies", () => {
    for (const suggestion of at("train_test_split", "out")) {
      const added = accept(workflow, { node: "train_test_split", side: "out" }, suggestion);
      const place = nodeOf(added.workflow, added.id)?.position;
      expect(added.workflow.connections).toHaveLength(workflow.connections.length + 1);
      expect(wires(added.workflow, types)).toHaveLength(workflow.connections.length + 1);
      expect(workflow.nodes.some((node) => node.position.x === place?.x && node.position.y === place.y)).toBe(false);
    }
  });

  it("finds a free place however full it is", () => {
    const full = { ...emptyWorkflow("x"), nodes: Array.from({ length: 40 }, (_, index) => ({ id: `n${index}`, type: "a", position: { x: 0, y: index * 60 }, data: { label: "", params: {} } })) };
    const place = freePlace(full, { x: 10, y: 0 });
    expect(full.nodes.every((node) => Math.abs(node.position.y - place.y) >= 100)).toBe(true);
  });
});

describe("clipboard", () => {
  it("copies as text and pastes under new ids with the connections between", () => {
    const pasted = paste(workflow, copyText(workflow, new Set(["load_csv", "clean_data"])));
    if ("problem" in pasted) throw new Error(pasted.problem);
    expect(pasted.workflow.nodes).toHaveLength(7);
    expect(pasted.workflow.connections).toHaveLength(5);
    expect(new Set(pasted.workflow.nodes.map((node) => node.id)).size).toBe(7);
  });

  it("brings any drawing over as it is, apart from ids and places", () => {
    fc.assert(
      fc.property(drawn, (one) => {
        const all = new Set(one.nodes.map((node) => node.id));
        const pasted = paste(workflow, copyText(one, all));
        if ("problem" in pasted) throw new Error(pasted.problem);
        const added = pasted.workflow.nodes.slice(workflow.nodes.length);
        expect(added.map((node) => node.data)).toEqual(one.nodes.map((node) => node.data));
        expect(pasted.workflow.connections).toHaveLength(workflow.connections.length + one.connections.length);
        expect(new Set(pasted.workflow.nodes.map((node) => node.id)).size).toBe(pasted.workflow.nodes.length);
        expect(pasted.workflow.nodes.slice(0, workflow.nodes.length)).toEqual(workflow.nodes);
      }),
    );
  });

  it("pastes a whole exported workflow, and duplicates", () => {
    expect("ids" in paste(emptyWorkflow("x"), JSON.stringify(workflow))).toBe(true);
    expect(duplicate(workflow, new Set(["evaluate"])).workflow.nodes).toHaveLength(6);
  });

  it.each([
    ["", /empty/],
    ["hello", /no Flowza nodes/],
    ["[]", /no Flowza nodes/],
    ['{"a":1}', /no Flowza nodes/],
    ['{"nodes":', /not JSON/],
    ['{"nodes":[{}],"connections":[]}', /Node number 1/],
    ['{"nodes":[{"id":"a","type":"b"},{"id":"a","type":"b"}],"connections":[]}', /Two nodes/],
  ])("does not paste foreign text %j, and says why", (text, why) => {
    expect(paste(workflow, text)).toEqual({ problem: expect.stringMatching(why) });
  });
});

describe("reading a file", () => {
  const file = (change: object) => readDocument(JSON.stringify({ ...workflow, ...change }));

  it("gives back what was exported", () => {
    expect(readDocument(JSON.stringify(workflow))).toEqual({ document: workflow, notes: [] });
    fc.assert(fc.property(drawn, (one) => void expect(readDocument(JSON.stringify(one))).toMatchObject({ document: one })));
  });

  it("never throws, whatever the text", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json(), fc.anything().map((value) => JSON.stringify({ nodes: [value], connections: [value] }) ?? "")), (text) => void readDocument(text)));
  });

  it("keeps what it does not know and drops what the shape has no place for", () => {
    const odd = file({ nodes: [{ id: "a", type: "from_the_future", extra: 1, data: { params: { x: { y: [1] } }, color: "red" } }], connections: [], secret: 1 });
    expect(odd).toEqual({ document: { ...workflow, nodes: [{ id: "a", type: "from_the_future", position: { x: 0, y: 0 }, data: { label: "", params: { x: { y: [1] } } } }], connections: [] }, notes: [] });
  });

  it("leaves out connections to nowhere and says how many", () => {
    expect(file({ connections: [{ source: "load_csv", target: "gone" }] })).toMatchObject({ document: { connections: [] }, notes: [expect.stringMatching(/1 connection/)] });
  });

  it("hands an exported machine to the server", () => {
    expect(readDocument('{"Resources":{}}')).toHaveProperty("export");
  });

  it.each([
    ["", /empty/],
    ["a,b\n1,2\n", /not JSON/],
    ['{"a":1}', /no Flowza workflow/],
    ['"x"', /no Flowza workflow/],
    [`{"x":"${"a".repeat(5 * 2 ** 20)}"}`, /too large/],
    [JSON.stringify({ nodes: Array.from({ length: 5_001 }, (_, index) => ({ id: `n${index}`, type: "a" })), connections: [] }), /at most 5000/],
    [`{"nodes":[{"id":"a","type":"b","data":{"params":{"p":${"[".repeat(60)}${"]".repeat(60)}}}}],"connections":[]}`, /Node number 1/],
    ['{"nodes":[{"id":"<script>","type":"b"}],"connections":[]}', /Node number 1/],
  ])("refuses in a sentence: %#", (text, why) => {
    expect(readDocument(text)).toEqual({ problem: expect.stringMatching(why) });
  });

  it("repairs half characters and wild coordinates", () => {
    const read = readDocument('{"name":"a\\ud800","nodes":[{"id":"a","type":"b","position":{"x":1e308,"y":"no"},"data":{"label":"\\udc00","params":{"p":"\\ud800"}}}],"connections":[]}');
    expect(read).toMatchObject({ document: { name: "a\uFFFD", nodes: [{ position: { x: 0, y: 0 }, data: { label: "\uFFFD", params: { p: "\uFFFD" } } }] } });
  });
});

describe("unknown types", () => {
  const strange: Workflow = { ...workflow, nodes: workflow.nodes.map((node) => (node.id === "clean_data" ? { ...node, type: "from_the_future" } : node)) };

  it("keep their card, their ports and their connections", () => {
    const known = withUnknown(strange, types);
    expect(known.from_the_future).toMatchObject({ unknown: true, inputs: [{ name: "in", kind: "any" }], outputs: [{ name: "out", kind: "any" }] });
    expect(wires(strange, known)).toHaveLength(4);
    expect(withUnknown(workflow, types)).toBe(types);
  });

  it("are not offered", () => {
    expect(suggestions(strange, withUnknown(strange, types), { node: "load_csv", side: "out" }).map((one) => one.type.type)).not.toContain("from_the_future");
  });
});

describe("lists", () => {
  it("outlines every node once, each after what feeds it where there is no circle", () => {
    const items = outline(workflow, types);
    expect(items.map((item) => item.node.id)).toEqual(["load_csv", "clean_data", "train_test_split", "train_model", "evaluate"]);
    fc.assert(fc.property(drawn, (one) => void expect(outline(one, types).map((item) => item.node.id).sort()).toEqual(one.nodes.map((node) => node.id).sort())));
  });

  it("walks problems round and round, errors first and from left to right", () => {
    const found = inOrder([{ severity: "warning", code: "w", message: "", node: "load_csv" }, { severity: "error", code: "b", message: "", node: "evaluate" }, { severity: "error", code: "a", message: "", node: "load_csv" }], workflow);
    expect(found.map((one) => one.code)).toEqual(["a", "b", "w"]);
    expect([step(3, null, 1), step(3, 2, 1), step(3, 0, -1), step(3, null, -1), step(0, 1, 1)]).toEqual([0, 0, 2, 2, null]);
    expect([paramOf("params.test_size"), paramOf("params.columns.0"), paramOf("nodes"), paramOf(null)]).toEqual(["test_size", "columns.0", null, null]);
  });

  it("finds titles before what only speaks of the word", () => {
    const items = [
      { id: "a", title: "Preprocess", detail: "split nothing", group: "g" },
      { id: "b", title: "Split", group: "g" },
      { id: "c", title: "Run", group: "other" },
    ];
    expect(find(items, "split").map((one) => one.id)).toEqual(["b", "a"]);
    expect(find(items, "").map((one) => one.id)).toEqual(["a", "b", "c"]);
    expect(find(items, "nothing here")).toEqual([]);
  });
});

describe("arranging", () => {
  const chosen = new Set(["clean_data", "train_model", "evaluate"]);
  const xs = (one: Workflow) => one.nodes.filter((node) => chosen.has(node.id)).map((node) => node.position.x);

  it("aligns to the outermost, and does nothing where nothing is to do", () => {
    const lined = align(workflow, chosen, "x");
    expect(new Set(xs(lined)).size).toBe(1);
    expect(align(lined, chosen, "x")).toBe(lined);
  });

  it("spreads evenly and keeps the ends", () => {
    const uneven = { ...workflow, nodes: workflow.nodes.map((node, index) => ({ ...node, position: { x: index * index * 10, y: 0 } })) };
    const [a, b, c] = xs(distribute(uneven, chosen, "x")) as [number, number, number];
    expect([a, c]).toEqual([10, 160]);
    expect(b - a).toBe(c - b);
  });
});

describe("speed", () => {
  it("derives two thousand connected nodes without looking each one up in a list", () => {
    const nodes = Array.from({ length: 2_000 }, (_, index) => ({ id: `n${index}`, type: "preprocess", position: { x: index, y: 0 }, data: { label: "", params: {} } }));
    const long: Workflow = { ...emptyWorkflow("long"), nodes, connections: nodes.slice(1).map((node, index) => ({ source: `n${index}`, target: node.id })) };
    expect(wires(long, types)).toBe(wires(long, types));
    expect(outline(long, types)).toHaveLength(2_000);
    expect(refusal(long, types, { source: "n1999", sourceHandle: "table", target: "n0", targetHandle: "table" })).toMatch(/circle/);
  });
});

describe("inputs that are folded away", () => {
  const inputs = types.evaluate?.inputs ?? [];

  it("leaves one free optional input of each kind, and whatever is fed or needed", () => {
    expect(spare(inputs, () => false)).toEqual(["third", "fourth"]);
    expect(spare(inputs, (port) => port === "second")).toEqual(["fourth"]);
    expect(spare(inputs, (port) => port === "fourth")).toEqual(["third"]);
    expect(spare(inputs, () => true)).toEqual([]);
  });

  it("still offers all of them to the keyboard", () => {
    const other = { ...workflow, nodes: [...workflow.nodes, { id: "other", type: "train_logreg", position: { x: 0, y: 0 }, data: { label: "Other", params: {} } }] };
    const evaluate = workflow.nodes.find((one) => one.type === "evaluate")?.id;
    const offered = options(other as Workflow, types, "other").filter((one) => one.target === evaluate);
    expect(offered.map((one) => one.targetHandle)).toEqual(["second", "third", "fourth"]);
  });
});
