/**
 * A standby of Debian's PostgreSQL is promoted under servers that run. One that lagged has lost which codes were used:
 * all from before are over. One that commits had waited for has lost nothing: they are kept.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { crash } from "@antryk/testkit/history/faults";
import { type Cluster, run, startCluster, unprivileged } from "@antryk/testkit/postgres";
import { Installation } from "@antryk/testkit/process";
import { until } from "@antryk/testkit/until";
import { codes, post } from "./client.ts";
import { debianBinaries } from "./debian.ts";

const numbers = Array.from({ length: 10 }, (_, n) => `+9198765${60_000 + n}`);

export async function promotions(): Promise<void> {
  await promotion("asynchronous");
  await promotion("synchronous");
}

async function promotion(replication: "asynchronous" | "synchronous"): Promise<void> {
  const binaries = debianBinaries();
  await using primary = await startCluster({ binaries });
  await using standby = await startCluster({ binaries, standbyOf: primary });
  const hosts = [primary, standby].map(({ port }) => `127.0.0.1:${port}`).join(",");
  await using installation = new Installation({ ANTRYK_DATABASE_URL: `postgres://antryk@${hosts}/postgres` });
  const caller = await installation.caller();
  if (replication === "synchronous") {
    await run(primary.url("postgres"), "ALTER SYSTEM SET synchronous_standby_names = 'standby'");
    await run(primary.url("postgres"), "SELECT pg_reload_conf()");
  }
  const servers = [await installation.serve(), await installation.serve()] as const;
  const send = (to: string) => post(servers[0], caller, "send-otp", { to }, `send-${to}`);
  const sent = await Promise.all(numbers.map(send));
  assert.deepEqual([...new Set(sent.map(({ status }) => status))], [200]);
  const known = new Map([...(await codes(servers[0])), ...(await codes(servers[1]))]);
  const verify = (to: string, server = servers[1]) => post(server, caller, "verify-otp", { to, otp: known.get(to) });
  await inStep(primary, standby);
  if (replication === "asynchronous") await standby.stop();
  else await remembersSynchronous(standby);

  const [used, unused] = [numbers.slice(0, 5), numbers.slice(5)];
  for (const to of used) assert.equal((await verify(to)).body.data?.valid, true);
  await crash(primary);
  if (replication === "asynchronous") await standby.start();
  promote(standby, binaries.pg_ctl);

  const statusOf = async (to: string, server: (typeof servers)[number]) => {
    const replies: Awaited<ReturnType<typeof verify>>[] = [];
    const isAnswered = async () => {
      const reply = await verify(to, server);
      replies.push(reply);
      return reply.status !== 503;
    };
    await until(isAnswered, { what: "the servers find the new primary", everyMs: 100 });
    const { status, body } = replies.at(-1) ?? { status: 0, body: {} };
    return `${status} ${body.data?.valid ?? ""}`.trim();
  };
  const kept = replication === "synchronous";
  for (const [n, server] of servers.entries()) {
    for (const to of used) assert.equal(await statusOf(to, server), kept ? "404" : "410", `used, server ${n}`);
    for (const to of unused) {
      const expected = !kept ? "410" : n === 0 ? "200 true" : "404";
      assert.equal(await statusOf(to, server), expected, `unused, server ${n}`);
    }
  }
  for (const to of numbers) assert.ok((await send(to)).replayed, "the same key sends no second message");
  const next = numbers.map((to) => `${to}1`);
  for (const to of next) assert.equal((await send(to)).status, 200);
  const more = await codes(servers[0]);
  for (const to of next) known.set(to, more.get(to) ?? "");
  for (const to of next) assert.equal((await verify(to)).body.data?.valid, true);
  assert.match((await installation.run("doctor")).stdout, kept ? /store/ : /WARN.*codes sent before .* are not taken/);
  for (const server of servers) assert.equal(await server.kill("SIGTERM"), 0);
  console.log(
    kept
      ? "ok    a synchronous standby promoted: used codes stay used, the others still verify"
      : "ok    an asynchronous standby promoted that lagged: no code from before verifies, no key sends twice",
  );
}

/** The standby has replayed what the primary has committed. */
async function inStep(primary: Cluster, standby: Cluster): Promise<void> {
  const [row] = await run(primary.url("postgres"), "SELECT pg_current_wal_lsn() AS lsn");
  const follows = async () => {
    const sql = "SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS follows";
    return (await run(standby.url("postgres"), sql, [row?.lsn]))[0]?.follows === true;
  };
  await until(follows, { what: "the standby follows", everyMs: 50 });
}

async function remembersSynchronous(standby: Cluster): Promise<void> {
  const remembers = async () => {
    const [row] = await run(standby.url("postgres"), "SELECT timeline FROM antryk.installation");
    return String(row?.timeline).includes('"isSynchronous":true');
  };
  await until(remembers, { what: "the servers have noticed that commits wait", everyMs: 100 });
}

function promote({ folder }: Cluster, program: string): void {
  const args = ["-D", join(folder, "data"), "-w", "promote"];
  const { status, stderr } = spawnSync(program, args, { ...unprivileged(), cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Error(`pg_ctl promote: ${stderr}`);
}
