import { defineConfig } from "vite";

// `npm run dev` shows the page with the sandbox of a Tandem that runs at TANDEM_PORT.
const tandem = `http://127.0.0.1:${process.env.TANDEM_PORT ?? "8080"}`;

export default defineConfig({
  root: "sandbox",
  base: "/sandbox/", // where the sandbox serves it (docs/sandbox.md)
  esbuild: { jsx: "automatic" },
  build: {
    outDir: "../dist/sandbox",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/sandbox/v1": tandem } },
});
