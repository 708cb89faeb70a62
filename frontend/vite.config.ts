import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { nodeIcons } from "./icons.ts";

// Relative base: one build runs at any prefix (the embedded cloud, S3 behind CloudFront).
export default defineConfig({
  base: "./",
  plugins: [react(), nodeIcons()],
  build: { target: "es2022", manifest: true, assetsInlineLimit: 0, chunkSizeWarningLimit: 1200 },
  server: { proxy: { "/api": "http://127.0.0.1:4680", "/s3": "http://127.0.0.1:4680", "/predict": "http://127.0.0.1:4680" } },
});
