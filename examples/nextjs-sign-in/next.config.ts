import { join } from "node:path";
import type { NextConfig } from "next";

const config: NextConfig = {
  // In this repository the SDK is TypeScript in another folder. From npm it is built, and neither line is needed.
  transpilePackages: ["@antryk/sdk"],
  turbopack: { root: join(import.meta.dirname, "../..") },
};

export default config;
