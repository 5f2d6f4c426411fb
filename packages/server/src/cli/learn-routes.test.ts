/** `--learn-routes`, and what `service show` shows of it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { Installation } from "@antryk/testkit/process";
import { openSqliteStore } from "../store/sqlite/open.ts";

test("service update --learn-routes on; service show shows what was learned", async () => {
  await using installation = new Installation();
  const { serviceId = "" } = await installation.caller();
  const show = async () => (await installation.json("service", "show", serviceId)) as Readonly<Record<string, unknown>>;
  const before = await show();
  assert.deepEqual([before.learnRoutes, before.learned], [false, undefined]);

  const alone = await installation.run("service", "update", serviceId, "--learn-routes", "on");
  assert.match(alone.stdout, /no route names two gateways/);
  for (const name of ["one", "two"]) await installation.json("gateway", "add", name, "--provider", "sandbox");
  await installation.json("service", "update", serviceId, "--route", "*=one,two");
  const on = await show();
  assert.deepEqual([on.learnRoutes, on.learned], [true, {}]);

  const store = openSqliteStore({ path: join(installation.folder, "data/antryk.db") });
  await store.learn([{ serviceId, callingCode: "91", gateway: "two", sent: 120, verified: 100 }]);
  await store.close();
  assert.deepEqual((await show()).learned, { "+91 two": "83 % (100 of 120)" });

  const bad = await installation.run("service", "update", serviceId, "--learn-routes", "maybe");
  assert.match(bad.stderr, /must be on or off/);
});
