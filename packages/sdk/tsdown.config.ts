import { defineConfig, type UserConfig } from "tsdown";

/** One file per entry, ESM; `src/packaging/pack.ts` makes CommonJS of it. Names are cut short: what is published is meant to be small, the sources to be read. */
const common: UserConfig = {
  format: "esm",
  outDir: "dist/package/dist/esm",
  target: "node20",
  platform: "neutral",
  dts: { oxc: { stripInternal: true } },
  clean: false,
  hash: false,
  outExtensions: () => ({ js: ".js", dts: ".d.ts" }),
  minify: {
    compress: { target: "es2022", keepNames: { class: true, function: false } },
    mangle: { keepNames: { class: true, function: false } },
    codegen: { removeWhitespace: true },
  },
};

export default defineConfig([
  { ...common, entry: { index: "src/index.ts" } },
  { ...common, entry: { testing: "src/testing/index.ts" } },
]);
