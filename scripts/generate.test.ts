import assert from "node:assert/strict";
import { test } from "node:test";
import { stale } from "./generate.ts";

test("made sources are as the sources that they are made from: npm run generate", () => {
  assert.deepEqual([...stale().keys()], []);
});
