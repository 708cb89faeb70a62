import { notifications } from "@mantine/notifications";
import { useEffect } from "react";
import { copyText, paste } from "../model/clipboard";
import { withoutChosen } from "../model/frames";
import { t } from "../strings";
import { useCanvas } from "./store";
import { isTyping } from "./useShortcuts";

/** Take text into the drawing, or say why it is none of ours. */
export function pasteText(text: string): void {
  const { history, edit, select } = useCanvas.getState();
  const pasted = paste(history.present, text);
  if ("problem" in pasted) {
    notifications.show({ message: pasted.problem, color: "yellow", autoClose: 8_000 });
    return;
  }
  edit(pasted.workflow);
  select(pasted.ids);
  for (const note of pasted.notes) notifications.show({ message: note, color: "yellow" });
}

const chosenText = (): string | null => {
  const { history, selection } = useCanvas.getState();
  return selection.size ? copyText(history.present, selection) : null;
};

function removeChosen(): void {
  const { history, selection, edit, select } = useCanvas.getState();
  edit(withoutChosen(history.present, selection));
  select(new Set());
}

/** From the menu, where there is no clipboard event: a browser may refuse, and then the keys still work. */
export async function clipboard(what: "copy" | "cut" | "paste"): Promise<void> {
  try {
    if (what === "paste") return pasteText(await navigator.clipboard.readText());
    const text = chosenText();
    if (!text) return;
    await navigator.clipboard.writeText(text);
    notifications.show({ message: t.canvas.copied(useCanvas.getState().selection.size) });
    if (what === "cut") removeChosen();
  } catch {
    notifications.show({ message: t.canvas.clipboardRefused, color: "yellow" });
  }
}

/** Copy, cut and paste by the browser's own events: the nodes travel as JSON text, into other tabs, workflows and chats. */
export function useClipboard() {
  useEffect(() => {
    const take = (event: ClipboardEvent): boolean => {
      const text = isTyping(event.target) || window.getSelection()?.toString() ? null : chosenText();
      if (text === null) return false;
      event.clipboardData?.setData("text/plain", text);
      event.preventDefault();
      return true;
    };
    const onCopy = (event: ClipboardEvent) => void take(event);
    const onCut = (event: ClipboardEvent) => {
      if (take(event)) removeChosen();
    };
    const onPaste = (event: ClipboardEvent) => {
      if (!isTyping(event.target)) pasteText(event.clipboardData?.getData("text/plain") ?? "");
    };
    window.addEventListener("copy", onCopy);
    window.addEventListener("cut", onCut);
    window.addEventListener("paste", onPaste);
    return () => {
      window.removeEventListener("copy", onCopy);
      window.removeEventListener("cut", onCut);
      window.removeEventListener("paste", onPaste);
    };
  }, []);
}
