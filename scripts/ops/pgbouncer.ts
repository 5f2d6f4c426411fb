/**
 * Debian's PgBouncer in transaction mode between servers and their store: fewer connections than callers, and none
 * belongs to one caller.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { chownSync, globSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "@antryk/testkit/postgres";
import { Installation } from "@antryk/testkit/process";
import { until } from "@antryk/testkit/until";
import { codes, post } from "./client.ts";
import { type DebianServer, ended, freePort, listens, needed } from "./debian.ts";

const connections = 2;

export async function throughPgBouncer(debian: DebianServer): Promise<void> {
  const { tool, at } = debian;
  tool("createdb", ...at, "pooled");
  const bouncerPort = await freePort();
  let bouncer = await startBouncer(debian, bouncerPort);
  try {
    const url = `postgres://antryk@127.0.0.1:${bouncerPort}/pooled`;
    await using installation = new Installation({ ANTRYK_DATABASE_URL: url });
    const caller = await installation.caller("--service-limit", "5000/1h");
    // Their schema is made through it as well.
    const servers = [await installation.serve("--workers", "2"), await installation.serve()] as const;
    const numbers = Array.from({ length: 200 }, (_, n) => `+9198765${40_000 + n}`);
    const sent = await Promise.all(
      numbers.map((to, n) => post(servers[n % 2 ? 1 : 0], caller, "send-otp", { to }, `send-${n}`)),
    );
    assert.deepEqual([...new Set(sent.map(({ status }) => status))], [200]);
    const again = await Promise.all(
      numbers.map((to, n) => post(servers[n % 2 ? 0 : 1], caller, "send-otp", { to }, `send-${n}`)),
    );
    assert.ok(again.every(({ status, replayed }) => status === 200 && replayed));
    const known = new Map([...(await codes(servers[0])), ...(await codes(servers[1]))]);
    const verified = await Promise.all(
      numbers.flatMap((to, n) =>
        servers.map((server) => post(server, caller, "verify-otp", { to, otp: known.get(to) }, `verify-${n}`)),
      ),
    );
    const valid = verified.filter(({ replayed, body }) => !replayed && body.data?.valid === true);
    assert.equal(valid.length, numbers.length, "each code is right once, whichever server is asked");
    const [used] = await run(
      debian.urlOf("postgres"),
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = 'pooled' AND pid <> pg_backend_pid()",
    );
    assert.ok(Number(used?.n) <= connections, `${used?.n} connections reached the database`);
    console.log(
      `ok    three processes through PgBouncer in transaction mode, on ${connections} connections: ` +
        `${numbers.length} sent, each verified once`,
    );

    bouncer.kill("SIGKILL");
    await ended(bouncer);
    assert.equal((await post(servers[0], caller, "send-otp", { to: "+919876500000" })).status, 503);
    bouncer = await startBouncer(debian, bouncerPort);
    assert.equal((await post(servers[0], caller, "send-otp", { to: "+919876500001" })).status, 200);
    for (const server of servers) assert.equal(await server.kill("SIGTERM"), 0);
    console.log("ok    PgBouncer killed and started again: 503 meanwhile, then requests succeed without a restart");
  } finally {
    bouncer.kill("SIGKILL");
    await ended(bouncer);
  }
}

async function startBouncer({ folder, owner, port }: DebianServer, listenPort: number): Promise<ChildProcess> {
  const pgbouncer = needed(() => globSync("/usr/sbin/pgbouncer")[0], "pgbouncer");
  const own = join(folder, "bouncer");
  mkdirSync(own, { recursive: true });
  const file = join(own, "pgbouncer.ini");
  writeFileSync(
    file,
    `[databases]
pooled = host=127.0.0.1 port=${port} dbname=pooled user=antryk
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${listenPort}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${connections}
max_client_conn = 100
`,
  );
  if (owner.uid !== undefined && owner.gid !== undefined) chownSync(own, owner.uid, owner.gid);
  const bouncer = spawn(pgbouncer, [file], { ...owner, cwd: own, stdio: "ignore" });
  const ready = (): Promise<boolean> => {
    if (bouncer.exitCode !== null) throw new Error(`pgbouncer ended with ${bouncer.exitCode}`);
    return listens(listenPort);
  };
  await until(ready, { what: "pgbouncer listens", everyMs: 50 });
  return bouncer;
}
