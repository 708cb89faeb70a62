import type { Schemas } from "../api/client";

type Caps = Schemas["CapsView"];

/** The owner's caps with that of one endpoint set anew, or taken away; all others stay as they are. */
export function withEndpointCap(caps: Caps, endpoint: string, usd: number | null): Caps {
  const { [endpoint]: _, ...others } = caps.endpoints;
  return { ...caps, endpoints: usd === null ? others : { ...others, [endpoint]: usd } };
}
