import "@fontsource-variable/inter/index.css";
import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "@xyflow/react/dist/style.css";
import "./ui/app.css";
import "./ui/drawing.css";
import { loadLanguage } from "./strings";

const root = document.getElementById("root");
if (root) {
  await loadLanguage();
  const { boot } = await import("./boot");
  boot(root);
}
