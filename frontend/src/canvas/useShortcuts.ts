import { useEffect } from "react";
import { type Action, keysOf } from "../ui/actions";
import { isOn } from "../ui/preferences";

const FIELDS = ["INPUT", "TEXTAREA", "SELECT"];

export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || FIELDS.includes(target.tagName)) && (target as HTMLInputElement).type !== "checkbox";

/** Something lies over the canvas and has the keys to itself. */
const isAside = (target: EventTarget | null): boolean => target instanceof Element && target.closest("[role=dialog],[role=menu],[role=listbox]") !== null;

/** Keys that mean the same while somebody types into a field. */
const ALWAYS = new Set(["Mod+Enter", "F8", "Shift+F8"]);
/** The browser's own events bring these; acting here too would do it twice. */
const BY_EVENT = new Set(["copy", "cut", "paste"]);

/** Keys of the canvas. While somebody types into a field they mean what they always mean there. */
export function useShortcuts(actions: Action[]) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
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
