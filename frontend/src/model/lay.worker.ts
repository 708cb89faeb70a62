import { lay } from "./lay";
import type { LayoutOrder } from "./layout";

self.addEventListener("message", (event: MessageEvent<LayoutOrder>) => self.postMessage(lay(event.data)));
