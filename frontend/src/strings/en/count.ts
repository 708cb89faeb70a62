/** "1 node", "2,000 nodes". */
export const count = (one: string, many: string) => (number: number) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
