import { useEffect } from "react";
import { keyParts } from "../model/frames";
import { nodeOf } from "../model/lookup";
import { searchNow } from "../ui/hash";
import { useCanvas } from "./store";
import { show, useView } from "./view";

const PAUSE_MS = 300;

/** The chosen node and the rows that are looked at are part of the address: a link leads to them. */
export function useAddress(id: string): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const later = () => {
      clearTimeout(timer);
      timer = setTimeout(() => write(id), PAUSE_MS);
    };
    const follow = () => {
      take();
      later();
    };
    take();
    const stop = [useCanvas.subscribe(later), useView.subscribe(later)];
    window.addEventListener("hashchange", follow);
    return () => {
      clearTimeout(timer);
      stop.forEach((one) => one());
      window.removeEventListener("hashchange", follow);
    };
  }, [id]);
}

/** From the address to what is chosen and opened. */
function take(): void {
  const search = new URLSearchParams(searchNow());
  const { history, selection, select } = useCanvas.getState();
  const [node, port, truth, predicted] = ["node", "port", "truth", "predicted"].map((name) => search.get(name));
  if (!node || !nodeOf(history.present, node)) return;
  if (selection.size !== 1 || !selection.has(node)) select(new Set([node]));
  if (port) show({ port: { node, port, ...(truth && predicted ? { cell: { truth, predicted } } : {}) } });
}

/** From what is chosen and opened to the address. Nobody is told: what is shown is so already. */
function write(id: string): void {
  const { selection } = useCanvas.getState();
  const { port } = useView.getState();
  const key = selection.size === 1 ? ([...selection][0] ?? "") : "";
  const node = port?.node ?? (key && keyParts(key).kind === "node" ? key : null);
  const run = new URLSearchParams(searchNow()).get("run");
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries({ run, node, port: port?.port, ...port?.cell })) if (value) words.set(name, value);
  const address = `#/workflows/${id}${words.size ? `?${words.toString()}` : ""}`;
  if (window.location.hash.startsWith(`#/workflows/${id}`) && window.location.hash !== address) window.history.replaceState(null, "", address);
}
