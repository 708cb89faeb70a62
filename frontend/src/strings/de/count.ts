/** "1 Knoten", "2.000 Knoten". */
export const count = (one: string, many: string) => (number: number) => `${number.toLocaleString("de")} ${number === 1 ? one : many}`;
