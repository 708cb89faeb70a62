import { notifications } from "@mantine/notifications";
import { type RefObject, useEffect } from "react";
import { commands, keysOf } from "../commands";
import { copyText, paste } from "../model/document";
import { t } from "../strings";
import { useCanvas } from "./store";

interface Actions {
  search: RefObject<HTMLInputElement | null>;
  onRun: () => void;
  onHelp: () => void;
}

const isTyping = (target: EventTarget | null) => target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));

/** Keys of the canvas. While somebody types into a field they mean what they always mean there. */
export function useShortcuts({ search, onRun, onHelp }: Actions) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const keys = keysOf(event);
      const canvas = useCanvas.getState();
      if (keys === "Mod+Enter") return act(event, onRun);
      if (isTyping(event.target)) return;
      if (keys === "Mod+z") return act(event, event.shiftKey ? canvas.redo : canvas.undo);
      if (keys === "Mod+y") return act(event, canvas.redo);
      if (keys === "/") return act(event, () => search.current?.focus());
      if (keys === "?") return act(event, onHelp);
      const situation = { document: canvas.history.present, selection: canvas.selection, wires: canvas.wires };
      const command = commands.find((one) => one.keys.includes(keys) && one.enabled(situation));
      if (command) {
        act(event, () => {
          const result = command.run(situation);
          canvas.edit(result.document);
          if (result.selection) canvas.select(result.selection);
        });
      }
    };
    const onCopy = (event: ClipboardEvent) => {
      const { history, selection } = useCanvas.getState();
      if (isTyping(event.target) || selection.size === 0 || window.getSelection()?.toString()) return;
      event.clipboardData?.setData("text/plain", copyText(history.present, selection));
      event.preventDefault();
    };
    const onPaste = (event: ClipboardEvent) => {
      if (isTyping(event.target)) return;
      const { history, edit, select } = useCanvas.getState();
      const pasted = paste(history.present, event.clipboardData?.getData("text/plain") ?? "");
      if (!pasted) {
        notifications.show({ message: t.canvas.foreign });
        return;
      }
      edit(pasted.workflow);
      select(pasted.ids);
    };
    window.addEventListener("keydown", onKey);
    window.addEventListener("copy", onCopy);
    window.addEventListener("paste", onPaste);
    return () => {
      window.removeEventListener("keydown", onKey);
      window.removeEventListener("copy", onCopy);
      window.removeEventListener("paste", onPaste);
    };
  }, [search, onRun, onHelp]);
}

function act(event: Event, action: () => void) {
  event.preventDefault();
  action();
}
