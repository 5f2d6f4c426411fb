/** PostgreSQL for tests, in any folder that the repository may be in. */
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { postgresBinaries, run, startCluster } from "./postgres.ts";

test("a repository that root alone may enter", {
  skip: process.getuid?.() === 0 ? false : "only root has one",
}, async () => {
  const closed = mkdtempSync(join(tmpdir(), "antryk-closed-"));
  try {
    const { initdb } = await postgresBinaries();
    cpSync(dirname(dirname(initdb)), closed, { recursive: true, verbatimSymlinks: true });
    const binary = (name: string) => join(closed, "bin", name);
    await using cluster = await startCluster({
      binaries: { initdb: binary("initdb"), postgres: binary("postgres"), pg_ctl: binary("pg_ctl") },
    });
    assert.deepEqual(await run(cluster.url("postgres"), "SELECT 1 AS one"), [{ one: 1 }]);
  } finally {
    rmSync(closed, { recursive: true });
  }
});
