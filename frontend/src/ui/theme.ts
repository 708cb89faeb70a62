import { createTheme, type CSSVariablesResolver } from "@mantine/core";

/** Shades chosen so that text keeps 4.5 to 1 against its ground, light and dark. */
export const theme = createTheme({
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  primaryColor: "blue",
  primaryShade: { light: 8, dark: 8 },
  autoContrast: true,
  defaultRadius: "md",
  cursorType: "pointer",
});

export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: { "--mantine-color-dimmed": "#55606b", "--mantine-color-error": "#c01c28", "--mantine-color-placeholder": "#6a737d" },
  dark: { "--mantine-color-dimmed": "#a9b1ba", "--mantine-color-error": "#ff8a8a", "--mantine-color-placeholder": "#98a1ab", "--mantine-color-red-light": "#3d2326", "--mantine-color-yellow-light": "#352d16", "--mantine-color-orange-light": "#3a2a1b" },
});
