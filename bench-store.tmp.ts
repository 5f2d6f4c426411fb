import { readFileSync, readdirSync, mkdtempSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { tmpdir } from "node:os";
const root = process.argv[2]!; const engine = process.argv[3]!; const only = process.argv[4];
const isNew = root.includes("main") || root.includes("perf");
const src = isNew ? `${root}/packages/testkit/src` : `${root}/packages/server/src/testing`;
const H = isNew ? await import(`${root}/packages/testkit/src/store/harness.ts`) : await import(`${root}/packages/server/src/store/conformance/harness.ts`);
const { Caller } = H;
const P = await import(`${src}/postgres.ts`);
const n = Number(process.env.N ?? 6000);
const lanes = 64;
let cluster: any, db: any, stores: any[];
if (engine === "pg") {
  const server = await P.startPostgres({ settings: ["fsync=off", "full_page_writes=on", "max_connections=100", "shared_buffers=128MB", "autovacuum=off", "checkpoint_timeout=1h", "max_wal_size=8GB"] });
  cluster = server.cluster; db = await server.database();
  stores = [await db.open(), await db.open()];
} else {
  const { openSqliteStore } = isNew ? await import(`${root}/packages/server/src/store/sqlite/open.ts`) : await import(`${root}/packages/server/src/store/sqlite/store.ts`);
  const path = join(mkdtempSync(join(tmpdir(), "bs-")), "a.db");
  stores = [openSqliteStore({ path }), openSqliteStore({ path })];
}
function dbTicks(): number {
  if (!cluster) return 0;
  let sum = 0;
  for (const pid of readdirSync("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    try { const f = readFileSync(`/proc/${pid}/stat`, "utf8"); const r = f.slice(f.lastIndexOf(")") + 2).split(" ");
      if (Number(r[1]) === cluster.pid || Number(pid) === cluster.pid) sum += Number(r[11]) + Number(r[12]); } catch {}
  }
  return sum;
}
const accountId = randomUUID(), serviceId = randomUUID();
let next = 10_000_000;
const keyOf = () => { next += 1; const r = `+9198${next}`; return isNew ? H.keyFor(accountId, serviceId, r) : { accountId, serviceId, recipient: r }; };
async function each(count: number, work: (i: number) => Promise<void>) {
  let i = 0; await Promise.all(Array.from({ length: lanes }, async () => { while (i < count) { i += 1; await work(i); } }));
}
const results: Record<string, string> = {};
async function row(name: string, count: number, work: (i: number) => Promise<void>) {
  const d0 = dbTicks(); const c0 = process.cpuUsage();
  await each(count, work);
  const c = process.cpuUsage(c0); const d = (dbTicks() - d0) * 10_000;
  const p = (c.user + c.system) / count; 
  results[name] = `${p.toFixed(1)}+${(d / count).toFixed(1)}=${(p + d / count).toFixed(1)}`;
}
const [store, other] = stores;
const shared = [{ scope: "service", subject: serviceId, limit: { count: 1_000_000, windowMs: 3_600_000 } }];
const gatewayId = randomUUID();
for (let round = 0; round < 3; round += 1) {
  const warm = round === 0; const count = warm ? n / 2 : n; const tag = warm ? "warm " : "";
  const sent: any[] = [];
  await row(tag + "send", count, async () => { const c = new Caller(store, keyOf()); await c.send("1"); sent.push(c); });
  let k = 0;
  await row(tag + "verify", count, async () => { await sent[k++]!.verify("1"); });
  const forOther: any[] = [];
  await each(count, async () => { const c = new Caller(store, keyOf()); await c.send("1"); forOther.push(new Caller(other, c.key)); });
  k = 0;
  await row(tag + "verify elsewhere", count, async () => { await forOther[k++]!.verify("1"); });
  const keyed: any[] = [];
  await row(tag + "send keyed", count, async (i) => { const c = new Caller(store, keyOf()); await c.send("1", "accepted", { idempotency: c.claim(`k${next}-${i}`) }); keyed.push(c); });
  k = 0;
  await row(tag + "verify keyed", count, async () => { const at = k++; await keyed[at]!.verify("1", { idempotency: keyed[at]!.claim(`v${round}-${at}`, "body", "verify-otp") }); });
  await row(tag + "send limited", count, async () => { const c = new Caller(store, keyOf()); await c.send("1", "accepted", { limits: { recipient: [{count:3,windowMs:900000},{count:10,windowMs:86400000}], shared } }); });
  await row(tag + "send named", count, async (i) => { const c = new Caller(store, keyOf()); const input = c.reserveInput("1"); const r = await c.store.reserve(input); await c.settle(r, input.leaseToken, "accepted", { messages: [{ gatewayId, messageId: `m${round}-${i}` }] }); });
  if (warm) for (const key of Object.keys(results)) delete results[key];
}
console.log(JSON.stringify({ root: root.split("/").at(-1), engine, ...results, batches: JSON.stringify(store.batches()) }));
await store.close(); await other.close(); process.exit(0);
