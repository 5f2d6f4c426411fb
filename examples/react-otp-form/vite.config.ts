import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  // `npx vite` beside `node server.ts`, while you change the form.
  server: { proxy: { "/api": "http://127.0.0.1:3000" } },
});
