import { useSyncExternalStore } from "react";

/** Hash addresses with their search inside the hash (`#/workflows/x?run=y`): the whole address is one link that can be sent to somebody. */

const subscribe = (notify: () => void) => {
  window.addEventListener("hashchange", notify);
  window.addEventListener("popstate", notify);
  return () => {
    window.removeEventListener("hashchange", notify);
    window.removeEventListener("popstate", notify);
  };
};

const current = (): string => window.location.hash.replace(/^#?\/?/, "/");
const path = (): string => current().split("?")[0] ?? "/";
const search = (): string => current().split("?")[1] ?? "";

/** What the address asks for at this moment, outside of rendering. */
export const searchNow = search;

function navigate(to: string, { replace = false }: { replace?: boolean } = {}) {
  const address = `#${to.startsWith("/") ? to : `/${to}`}`;
  if (replace) window.history.replaceState(null, "", address);
  else window.history.pushState(null, "", address);
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}

export function useHashLocation(): [string, typeof navigate] {
  return [useSyncExternalStore(subscribe, path), navigate];
}
useHashLocation.hrefs = (href: string): string => `#${href}`;

export const useHashSearch = (): string => useSyncExternalStore(subscribe, search);
