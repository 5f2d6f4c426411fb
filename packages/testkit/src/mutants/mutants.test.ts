import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { checkFit } from "./sources.ts";
import { laneMutants, meaningOf, ruleMutants } from "./store-mutants.ts";

test("every mutant of the store still fits the sources, and its tests are there", () => {
  for (const { changes } of [...ruleMutants, ...laneMutants]) for (const change of changes) checkFit(change);
  for (const file of [...Object.values(meaningOf), ...laneMutants.flatMap(({ tests }) => tests)])
    assert.ok(existsSync(new URL(`../../../server/src/${file}`, import.meta.url)), file);
});
