/** Values by names that people choose: without a prototype, so that a node called `constructor` is not there unless somebody drew it. */
export function byName<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  const found = Object.create(null) as Record<string, T>;
  for (const [name, value] of entries) found[name] = value;
  return found;
}
