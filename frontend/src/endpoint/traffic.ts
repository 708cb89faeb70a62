import { useQuery } from "@tanstack/react-query";
import { api, data } from "../api/client";

const DAYS = 14;
/** How often what is live is looked at. */
export const LOOK_MS = 15_000;

/** The last two weeks of an endpoint, day by day. */
export const useTraffic = (endpoint: string) =>
  useQuery({
    queryKey: ["traffic", endpoint],
    refetchInterval: LOOK_MS,
    queryFn: async () => data(await api.GET("/api/endpoints/{endpoint}/traffic", { params: { path: { endpoint }, query: { days: DAYS } } })).days,
  });
