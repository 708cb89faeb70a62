/** Something that a finder can offer. */
export interface Findable {
  id: string;
  title: string;
  detail?: string;
  /** Words that find it besides its title. */
  words?: string;
  group: string;
}

const MOST = 60;

/** What matches all words, best first: titles that start so before titles that hold it, before what only speaks of it. Groups stay together in their first order. */
export function find<T extends Findable>(items: readonly T[], query: string): T[] {
  const words = query.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const rated = items.flatMap((item) => {
    const score = rate(item, words);
    return score === null ? [] : [{ item, score }];
  });
  const groups = [...new Set(rated.map(({ item }) => item.group))];
  const best = new Map(groups.map((group) => [group, Math.max(...rated.filter(({ item }) => item.group === group).map(({ score }) => score))]));
  const place = (group: string) => (words.length ? -(best.get(group) ?? 0) : 0);
  return rated
    .sort((a, b) => place(a.item.group) - place(b.item.group) || groups.indexOf(a.item.group) - groups.indexOf(b.item.group) || b.score - a.score)
    .slice(0, MOST)
    .map(({ item }) => item);
}

function rate(item: Findable, words: string[]): number | null {
  const title = item.title.toLowerCase();
  const all = `${title} ${item.detail ?? ""} ${item.words ?? ""} ${item.group}`.toLowerCase();
  if (!words.every((word) => all.includes(word))) return null;
  return words.reduce((sum, word) => sum + (title.startsWith(word) ? 4 : title.includes(word) ? 2 : 1), 0);
}
