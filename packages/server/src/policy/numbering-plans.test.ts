import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { ageOfPlansDays, numberingPlans } from "./numbering-plans.ts";

test("the day of the numbering plans is that of the package that is used", () => {
  const path = createRequire(import.meta.url).resolve("libphonenumber-js/package.json");
  const { version } = JSON.parse(readFileSync(path, "utf8")) as { version: string };
  assert.equal(numberingPlans.version, version, "renew version and day: npm view libphonenumber-js time");
  assert.equal(ageOfPlansDays(Date.parse(numberingPlans.publishedOn) + 200 * 24 * 3_600_000), 200);
});
