import { defineConfig } from "tsdown";

/**
 * One file of JavaScript for each source, in its own place: the registry of gateways is made from a folder, and SQL is
 * read from the folder of its engine. The contract is private, so its files go along.
 */
export default defineConfig({
  entry: ["src/**/*.ts", "!src/**/*.test.ts", "!src/**/*.d.ts"],
  copy: { from: "src/**/*.sql", flatten: false },
  root: "src",
  unbundle: true,
  format: "esm",
  platform: "node",
  target: "node24",
  fixedExtension: false,
  hash: false,
  dts: { oxc: true, entry: "src/main.ts" },
  deps: { alwaysBundle: "@antryk/contract", onlyBundle: ["@antryk/contract"] },
});
