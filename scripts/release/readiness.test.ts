import assert from "node:assert/strict";
import { test } from "node:test";
import { type ReleaseFacts, readiness } from "./readiness.ts";

const ready: ReleaseFacts = {
  status: "",
  tags: ["v0.0.9"],
  versions: { "packages/server/package.json": "0.1.0", "packages/sdk/package.json": "0.1.0" },
  changelog: "# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - 2026-12-01\n\n### Added\n\n- All of it.\n",
};

test("a release can begin with a clean tree, one version, and a dated section in the changelog", () => {
  assert.deepEqual(readiness(ready), { version: "0.1.0", problems: [] });
});

test("each thing that is missing is named", () => {
  const cases: readonly [Partial<ReleaseFacts>, RegExp][] = [
    [{ status: " M README.md\n" }, /not clean[\s\S]*README\.md/],
    [{ tags: ["v0.1.0"] }, /a tag v0\.1\.0 already/],
    [{ versions: { a: "0.1.0", b: "0.2.0" } }, /differ[\s\S]*b: 0\.2\.0/],
    [{ changelog: "## [Unreleased]\n" }, /no section "## \[0\.1\.0\]/],
    [{ changelog: ready.changelog.replace("0.1.0", "0x1.0") }, /no section/],
    [{ changelog: ready.changelog.replace("## [Unreleased]\n", "## [Unreleased]\n\n- More.\n") }, /under Unreleased/],
  ];
  for (const [change, says] of cases) {
    const { problems } = readiness({ ...ready, ...change });
    assert.equal(problems.length, 1, says.source);
    assert.match(problems.join(), says);
  }
});
