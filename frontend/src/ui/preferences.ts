import { useSyncExternalStore } from "react";

/** Small choices of this browser. Where storage is closed, the standard holds. */
const KEYS = { singleKeys: "flowza-single-keys", minimap: "flowza-minimap" } as const;
type Name = keyof typeof KEYS;

const listeners = new Set<() => void>();

export function isOn(name: Name): boolean {
  try {
    return localStorage.getItem(KEYS[name]) !== "off";
  } catch {
    return true;
  }
}

export function setOn(name: Name, on: boolean): void {
  try {
    localStorage.setItem(KEYS[name], on ? "on" : "off");
  } catch {
    // a browser without storage forgets
  }
  for (const notify of listeners) notify();
}

export const usePreference = (name: Name): boolean =>
  useSyncExternalStore(
    (notify) => {
      listeners.add(notify);
      return () => listeners.delete(notify);
    },
    () => isOn(name),
  );
