import { useEffect } from "react";
import { type Action, keysOf } from "../ui/actions";
import { isOn } from "../ui/preferences";
import { show, useView } from "./view";

const FIELDS = ["INPUT", "TEXTAREA", "SELECT"];

export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || FIELDS.includes(target.tagName)) && (target as HTMLInputElement).type !== "checkbox";

/** Something lies over the canvas and has the keys to itself. */
const isAside = (target: EventTarget | null): boolean => target instanceof Element && target.closest("[role=dialog],[role=menu],[role=listbox]") !== null;

/** Keys that mean the same while somebody types into a field. */
const ALWAYS = new Set(["Mod+Enter", "F8", "Shift+F8"]);
/** The browser's own events bring these; acting here too would do it twice. */
const BY_EVENT = new Set(["copy", "cut", "paste"]);

/** The finder was asked for and its field is not there yet: letters are kept for it, and no key means anything to the canvas. */
function waits(event: KeyboardEvent): boolean {
  const { finder, typed } = useView.getState();
  if (!finder || isAside(event.target)) return false;
  if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    show({ typed: typed + event.key });
  }
  return true;
}

/** Keys of the canvas. While somebody types into a field they mean what they always mean there. */
export function useShortcuts(actions: Action[]) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (waits(event)) return;
      const keys = keysOf(event);
      if (event.defaultPrevented || isAside(event.target) || (isTyping(event.target) && !ALWAYS.has(keys))) return;
      if (keys.length === 1 && !isOn("singleKeys")) return;
      const action = actions.find((one) => one.keys.includes(keys) && !BY_EVENT.has(one.id) && one.enabled());
      if (!action) return;
      if (keys === "Enter" && !(event.target instanceof Element && event.target.classList.contains("react-flow__node"))) return;
      event.preventDefault();
      action.act();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [actions]);
}
