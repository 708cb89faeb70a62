/** A reason of the cache for people: what comes before the colon (hit, miss, never) is said by the status beside it. */
export const whyWords = (reason: string | null | undefined): string => (reason ?? "").replace(/^(hit|miss|never): /, "");
