interface Saved {
  revision: number;
  created_at: string;
  name: string | null;
}

const BURST_SECONDS = 300;

/** Of many saves those that tell something: the newest, every named one, and of saves within five minutes of each other the last. Newest first, as given. */
export function telling<T extends Saved>(saves: readonly T[]): T[] {
  return saves.filter((one, index) => {
    const later = saves[index - 1];
    return one.name || !later || Date.parse(later.created_at) - Date.parse(one.created_at) > BURST_SECONDS * 1000;
  });
}
