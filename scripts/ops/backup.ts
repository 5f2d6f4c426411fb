/** A PostgreSQL store is dumped and restored by its own tools, and a code that was sent before verifies after. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Installation } from "@antryk/testkit/process";
import { codes, post } from "./client.ts";
import type { DebianServer } from "./debian.ts";

const to = "+919876543210";

export async function backupAndRestore({ tool, at, urlOf, folder }: DebianServer): Promise<void> {
  tool("createdb", ...at, "antryk");
  await using installation = new Installation({ ANTRYK_DATABASE_URL: urlOf("antryk") });
  const caller = await installation.caller();
  const server = await installation.serve("--workers", "2");
  assert.equal((await post(server, caller, "send-otp", { to })).status, 200);
  const otp = (await codes(server)).get(to);

  tool("pg_dump", ...at, "-Fc", "-f", join(folder, "antryk.dump"), "antryk");
  console.log("ok    pg_dump of a store that two workers serve");
  assert.equal(await server.kill("SIGTERM"), 0);

  tool("createdb", ...at, "restored");
  tool("pg_restore", ...at, "--exit-on-error", "--no-owner", "-d", "restored", join(folder, "antryk.dump"));
  await using restored = new Installation({
    ANTRYK_DATABASE_URL: urlOf("restored"),
    ANTRYK_KEYRING: join(installation.folder, "data/keyring.json"),
  });
  const second = await restored.serve("--workers", "2");
  assert.equal((await post(second, caller, "send-otp", { to })).status, 409);
  assert.equal((await post(second, caller, "verify-otp", { to, otp })).body.data?.valid, true);
  assert.equal((await post(second, caller, "send-otp", { to })).status, 200, "its functions and types are there");
  assert.equal(await second.kill("SIGTERM"), 0);
  console.log("ok    pg_restore into another database: the code from before verifies, new ones are sent");
}
