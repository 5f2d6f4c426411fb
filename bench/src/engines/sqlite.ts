/** A file in the installation's folder. */
import { Installation } from "../processes/installation.ts";
import type { Engine } from "./engine.ts";

export const sqlite: Engine = {
  name: "sqlite",
  label: "SQLite",
  install: (input) => Installation.create(input),
  copy: async (installation) => installation.copy(),
  [Symbol.asyncDispose]: async () => undefined,
};
