import fc from "fast-check";
import { describe, expect, it } from "vitest";
import catalogFile from "../../../chalicelib/catalog.json";
import { copyText, duplicate, paste } from "./clipboard";
import { emptyWorkflow } from "./document";
import { drawing } from "./drawings";
import { addNote, frameOf, groupKey, groupNodes, moved, noteKey, tidied, toggle, ungroup, withoutChosen } from "./frames";
import { tidy } from "./layout";
import { readDocument } from "./read";
import { telling } from "./revisions";
import { byType, type Catalog, type Workflow } from "./types";

const types = byType(catalogFile as unknown as Catalog);
const nodes = ["a", "b", "c"].map((id, index) => ({ id, type: "preprocess", position: { x: index * 300, y: 0 }, data: { label: "", params: {} } }));
const plain: Workflow = { ...emptyWorkflow("x"), nodes, connections: [{ source: "a", target: "b" }] };
const grouped = groupNodes(plain, new Set(["a", "b"]), "Prepare").workflow;
const frame = (workflow: Workflow) => frameOf(workflow, types, workflow.groups?.[0] ?? { id: "", label: "", nodes: [] });

describe("groups", () => {
  it("hold a node once, and go when nothing is left in them", () => {
    const again = groupNodes(grouped, new Set(["b", "c"]), "Other").workflow;
    expect(again.groups?.map((group) => group.nodes)).toEqual([["a"], ["b", "c"]]);
    expect(withoutChosen(again, new Set(["a"])).groups?.map((group) => group.label)).toEqual(["Other"]);
    expect(ungroup(grouped, new Set([groupKey("group")]))).toEqual(plain);
    expect(ungroup(grouped, new Set(["a"]))).toEqual(plain);
  });

  it("take their nodes along when the frame is moved, and only once", () => {
    const from = frame(grouped);
    const to = { x: (from?.x ?? 0) + 50, y: (from?.y ?? 0) + 20 };
    const after = moved(grouped, types, new Map([[groupKey("group"), to]]));
    expect(after.nodes.map((node) => node.position)).toEqual([{ x: 50, y: 20 }, { x: 350, y: 20 }, { x: 600, y: 0 }]);
    const both = moved(grouped, types, new Map([[groupKey("group"), to], ["a", { x: 1, y: 1 }]]));
    expect(both.nodes[0]?.position).toEqual({ x: 1, y: 1 });
  });

  it("frame all of their nodes", () => {
    fc.assert(
      fc.property(drawing, (one) => {
        for (const group of one.groups ?? []) {
          const box = frameOf(one, types, group);
          for (const node of one.nodes) if (group.nodes.includes(node.id)) expect(box && box.x < node.position.x && box.y < node.position.y).toBe(true);
        }
      }),
    );
  });

  it("stay together when the drawing is tidied", async () => {
    const laid = frame(await tidy(grouped));
    const outside = (await tidy(grouped)).nodes.find((node) => node.id === "c")?.position;
    expect(laid && outside && outside.x > laid.x && outside.x < laid.x + laid.width && outside.y > laid.y && outside.y < laid.y + laid.height).toBe(false);
  });
});

describe("notes, groups and switched-off nodes", () => {
  it("travel as text and through a file, whatever they are", () => {
    fc.assert(
      fc.property(drawing, (one) => {
        const filled = (one.groups ?? []).filter((group) => group.nodes.length > 0);
        expect(readDocument(JSON.stringify(one))).toEqual({ document: tidied({ ...one, groups: filled }), notes: [] });
        const all = new Set([...one.nodes.map((node) => node.id), ...(one.notes ?? []).map((note) => noteKey(note.id))]);
        const pasted = paste(plain, copyText(one, all));
        if ("problem" in pasted) throw new Error(pasted.problem);
        expect(pasted.workflow.notes?.length ?? 0).toBe(one.notes?.length ?? 0);
        expect(pasted.workflow.groups?.length ?? 0).toBe((one.groups ?? []).filter((group) => group.nodes.length > 0).length);
        expect(pasted.workflow.nodes.slice(3).map((node) => node.data)).toEqual(one.nodes.map((node) => node.data));
      }),
    );
  });

  it("come along when the frame is duplicated", () => {
    const twice = duplicate(grouped, new Set([groupKey("group")])).workflow;
    expect(twice.nodes).toHaveLength(5);
    expect(twice.groups?.[1]?.nodes).toEqual(["preprocess", "preprocess_2"]);
  });

  it("leave nothing behind when they are taken back", () => {
    expect(toggle(toggle(plain, new Set(["a", "b"])), new Set(["a", "b"]))).toEqual(plain);
    expect(toggle(toggle(plain, new Set(["a"])), new Set(["a", "b"])).nodes.map((node) => Boolean(node.data.disabled))).toEqual([true, true, false]);
    const noted = addNote(plain, { x: 1, y: 2 });
    expect(withoutChosen(noted.workflow, new Set([noteKey(noted.id)]))).toEqual(plain);
  });

  it("are read calmly where they are wrong", () => {
    const odd = { ...plain, notes: [1, { id: "<b>" }, { id: "n", text: 5, width: "wide", height: 1e9 }, { id: "n" }], groups: [{ id: "g", nodes: ["gone"] }, { id: "h", nodes: ["a", "a", 3] }] };
    expect(readDocument(JSON.stringify(odd))).toMatchObject({ document: { notes: [{ id: "n", text: "", width: 220 }], groups: [{ id: "h", nodes: ["a"] }] } });
  });
});

describe("the list of versions", () => {
  it("shows the last of a burst of saves and every named one", () => {
    const at = (minute: number, second: number, name: string | null = null) => ({ revision: 0, created_at: `2026-01-01T00:${String(minute).padStart(2, "0")}:${String(second).padStart(2, "0")}.000Z`, name });
    const saves = [at(30, 2), at(30, 1), at(30, 0, "before"), at(10, 5), at(10, 0)];
    expect(telling(saves)).toEqual([saves[0], saves[2], saves[3]]);
  });
});
