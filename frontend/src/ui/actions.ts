import { create } from "zustand";

/** Something a person can do now: the menu, the shortcut, the help page and the command palette read the same list. */
export interface Action {
  id: string;
  title: string;
  /** Keys as commands write them; "Mod" is Ctrl, or Cmd on a Mac. */
  keys: string[];
  enabled: () => boolean;
  act: () => void;
  /** Not in the "more" menu: it has a button of its own. */
  hidden?: boolean;
}

interface Actions {
  /** Those of the page that is shown, for the command palette. */
  list: Action[];
  palette: boolean;
  offer: (list: Action[]) => void;
  openPalette: (open: boolean) => void;
}

export const useActions = create<Actions>((set) => ({
  list: [],
  palette: false,
  offer: (list) => set({ list }),
  openPalette: (palette) => set({ palette }),
}));

/** The keys of an event as actions write them. */
export function keysOf(event: KeyboardEvent): string {
  const mod = event.ctrlKey || event.metaKey;
  const letter = event.key.length === 1;
  return [mod ? "Mod" : "", event.shiftKey && (!letter || mod) ? "Shift" : "", letter ? event.key.toLowerCase() : event.key].filter(Boolean).join("+");
}

const mac = () => /Mac|iP(hone|ad)/.test(navigator.platform);

const NAMES: Record<string, string> = { ArrowLeft: "←", Delete: "Del", Enter: "Enter" };

/** Keys as people read them. */
export function shown(keys: string | undefined): string | undefined {
  if (!keys) return undefined;
  const parts = keys === "+" ? ["+"] : keys.split("+");
  return parts.map((part) => (part === "Mod" ? (mac() ? "⌘" : "Ctrl") : (NAMES[part] ?? (part.length === 1 ? part.toUpperCase() : part)))).join(mac() ? " " : "+");
}
