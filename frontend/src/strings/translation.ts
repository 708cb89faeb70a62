/** A language of the catalogue's shape. What it leaves out is shown in English; a test lists what is missing. */
export type Translation<T> = { [K in keyof T]?: T[K] extends (...given: never[]) => unknown ? T[K] : T[K] extends object ? Translation<T[K]> : T[K] };

type Words = Record<string, unknown>;
const isPart = (value: unknown): value is Words => typeof value === "object" && value !== null;

/** The catalogue with what a language says in its place. */
export function over<T extends object>(base: T, said: Translation<T>): T {
  const words = said as Words;
  return Object.fromEntries(
    Object.entries(base).map(([name, value]) => [name, isPart(value) && isPart(words[name]) ? over(value, words[name] as Translation<Words>) : (words[name] ?? value)]),
  ) as T;
}
