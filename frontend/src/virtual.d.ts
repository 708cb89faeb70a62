declare module "virtual:node-icons" {
  /** Where the file with the icons lies. */
  export const address: string;
  /** The icons in it. */
  export const names: ReadonlySet<string>;
  /** What node types ask for and the icon set does not have. */
  export const missing: readonly string[];
}
