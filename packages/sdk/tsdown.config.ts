import { defineConfig, type UserConfig } from "tsdown";

/** Files of both formats have the same names: npm packs them side by side, and what they share costs nothing twice. */
function build(format: "esm" | "cjs", entry: Record<string, string>): UserConfig {
  return {
    format,
    entry,
    outDir: `dist/${format}`,
    outExtensions: () => ({ js: ".js", dts: ".d.ts" }),
    hash: false,
    target: "node20",
    platform: "neutral",
    dts: { oxc: { stripInternal: true } },
    // What is published is meant to be small, the sources to be read; classes keep the names that users see.
    minify: {
      compress: { keepNames: { class: true, function: false } },
      mangle: { keepNames: { class: true, function: false } },
      codegen: { removeWhitespace: true },
    },
    outputOptions: { strict: true },
    ...(format === "cjs" ? { copy: { from: "src/packaging/commonjs.json", rename: "package.json" } } : {}),
  };
}

export default defineConfig(
  (["esm", "cjs"] as const).flatMap((format) => [
    build(format, { index: "src/index.ts" }),
    build(format, { testing: "src/testing/index.ts" }),
  ]),
);
