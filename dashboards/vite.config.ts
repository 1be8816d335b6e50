import { defineConfig } from "vitest/config";

declare const process: { env: Record<string, string | undefined> };

// GOSHAWK_API=http://127.0.0.1:8080 npm run dev: the page from here, the data from a running appliance.
const api = process.env["GOSHAWK_API"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  base: "./",
  build: {
    outDir: process.env["GOSHAWK_WEB_OUT"] ?? "target/web",
    emptyOutDir: true,
    // The page's Content-Security-Policy allows files of its own origin only: nothing may become a data: address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2023",
  },
  server: { proxy: { "/api": api, "/health": api } },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
