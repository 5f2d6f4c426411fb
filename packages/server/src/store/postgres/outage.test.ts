/** Connections cut and databases gone: every caller gets an answer in bounded time, and afterwards all is well. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createServer, type Socket } from "node:net";
import { after, test } from "node:test";
import { run, startCluster, startPostgres } from "@antryk/testkit/postgres";
import { Caller, keyFor } from "@antryk/testkit/store/harness";
import pg from "pg";
import { StoreUnavailable } from "../../model/errors.ts";
import { ManualClock } from "../clock.ts";
import { openPostgresStore } from "./open.ts";
import { parseTarget } from "./target.ts";

const server = await startPostgres();
after(() => server[Symbol.asyncDispose]());

const settings = ["fsync=off", "max_connections=50"];
/** For what must come about however slow the machine is. */
const callPatienceMs = 120_000;
/** Against hangs only. */
const boundedMs = 30_000;

function callers(store: ConstructorParameters<typeof Caller>[0]): () => Caller {
  const accountId = randomUUID();
  const serviceId = randomUUID();
  let next = 10_000_000;
  return () => {
    next += 1;
    return new Caller(store, keyFor(accountId, serviceId, `+9198${next}`));
  };
}

test("connections terminated under load: each call is answered or StoreUnavailable, and what was answered stands", async () => {
  await using database = await server.database();
  const store = await database.open();
  const one = callers(store);
  const sent: Caller[] = [];
  let over = false;
  const load = Promise.all(
    Array.from({ length: 64 }, async () => {
      while (!over) {
        const caller = one();
        try {
          await caller.send("1");
          sent.push(caller);
        } catch (fault) {
          assert.ok(fault instanceof StoreUnavailable, String(fault));
        }
      }
    }),
  );
  let cut: unknown[] = [];
  for (let cuts = 0; cuts < 20 || sent.length <= 100; cuts += 1) {
    const rows = await run(
      database.url,
      "SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'antryk'",
    );
    cut = rows.map(({ pid }) => pid);
    // Longer each time, so that sends get through between two cuts on a machine of any speed.
    await new Promise((resolve) => setTimeout(resolve, 50 + cuts * 5));
  }
  over = true;
  await load;
  // A terminated connection may take some time to end; the checks below must not use it.
  while ((await run(database.url, "SELECT 1 FROM pg_stat_activity WHERE pid = ANY($1)", [cut])).length > 0)
    await new Promise((resolve) => setTimeout(resolve, 20));
  for (let at = 0; at < sent.length; at += 500) {
    const outcomes = await Promise.all(sent.slice(at, at + 500).map((caller) => caller.verify("1")));
    assert.ok(outcomes.every((outcome) => outcome.kind === "compared" && outcome.valid));
  }
  await store.close();
});

test("a call that is repeated after its answer was lost gives the first one's answer", async () => {
  await using database = await server.database();
  let cutNext = false;
  const proxy = await startProxy(Number(new URL(database.url).port), (toClient) => {
    if (!cutNext) return true;
    cutNext = false;
    toClient.destroy();
    return false;
  });
  const url = new URL(database.url);
  url.port = String(proxy.port);
  const store = await openPostgresStore({ target: parseTarget(url.href), connections: 1, callPatienceMs });
  const caller = new Caller(store);
  const reserve = caller.reserveInput("1", { idempotency: caller.claim("a") });
  cutNext = true;
  const reserved = await store.reserve(reserve);
  assert.ok(
    reserved.kind === "reserved" && reserved.sendNo === 1 && reserved.verificationId === reserve.fresh.verificationId,
  );
  assert.deepEqual(reserved.nonce, reserve.fresh.nonce);
  cutNext = true;
  await caller.settle(reserved, reserve.leaseToken, "accepted", { idempotency: caller.claim("a") });
  assert.equal((await store.recall(caller.claim("a")))?.kind, "replayed");
  const claim = caller.claim("v", "body", "verify-otp");
  cutNext = true;
  const verified = await caller.verify("1", { idempotency: claim });
  assert.ok(verified.kind === "compared" && verified.valid);

  // Without a key the row's version shows that it was done.
  const other = new Caller(store);
  await other.send("1");
  cutNext = true;
  const checked = await other.verify("1");
  assert.ok(checked.kind === "compared" && checked.valid);
  await store.close();
  proxy.close();
});

test("a settle whose connections are cut keeps the gateway's name of its message as well", async () => {
  await using database = await server.database();
  let cuts = 0;
  const proxy = await startProxy(Number(new URL(database.url).port), (toClient) => {
    cuts -= 1;
    if (cuts >= 0) toClient.destroy();
    return cuts < 0;
  });
  const url = new URL(database.url);
  url.port = String(proxy.port);
  const store = await openPostgresStore({ target: parseTarget(url.href), connections: 2, callPatienceMs: 120_000 });
  const caller = new Caller(store);
  const input = caller.reserveInput("1");
  const reserved = await store.reserve(input);
  assert.ok(reserved.kind === "reserved");
  const gatewayId = randomUUID();
  // Both the settle's answer and the name's, whichever comes first.
  cuts = 2;
  await caller.settle(reserved, input.leaseToken, "accepted", { messages: [{ gatewayId, messageId: "m1" }] });
  assert.equal((await store.recordReceipts(gatewayId, [{ messageId: "m1", status: "sent" }])).known, 1);
  await store.close();
  proxy.close();
});

test("a send whose answer was lost, and that was cancelled before it could be repeated, is not said to have changed nothing", async () => {
  await using database = await server.database();
  let cutting = false;
  const proxy = await startProxy(Number(new URL(database.url).port), (toClient) => {
    if (cutting) toClient.destroy();
    return !cutting;
  });
  const url = new URL(database.url);
  url.port = String(proxy.port);
  const store = await openPostgresStore({ target: parseTarget(url.href), connections: 1, callPatienceMs });
  const elsewhere = await database.open();
  const caller = new Caller(store);
  cutting = true;
  const reserving = Promise.allSettled([store.reserve(caller.reserveInput("1"))]);
  const cancel = () => elsewhere.cancel({ ...caller.key, idempotency: undefined });
  while ((await cancel()).kind !== "cancelled") await new Promise((resolve) => setTimeout(resolve, 2));
  cutting = false;
  // Its own reservation, if a read from before the cancel still arrives; else it is not known what became of it.
  const [reserved] = await reserving;
  if (reserved.status === "fulfilled") assert.equal(reserved.value.kind, "reserved");
  else assert.ok(reserved.reason instanceof StoreUnavailable, String(reserved.reason));
  await store.close();
  await elsewhere.close();
  proxy.close();
});

test("a verify whose answer was lost gives its own answer, also after its key has ended", async () => {
  await using database = await server.database();
  const clock = new ManualClock(Date.now());
  let cutting = false;
  const proxy = await startProxy(Number(new URL(database.url).port), (toClient) => {
    if (cutting) toClient.destroy();
    return !cutting;
  });
  const url = new URL(database.url);
  url.port = String(proxy.port);
  const store = await openPostgresStore({ target: parseTarget(url.href), connections: 1, clock, callPatienceMs });
  const elsewhere = await database.open({ clock });
  // The handle that has sent it knows the row: its verify is one round trip.
  const caller = new Caller(store);
  const { verificationId } = await caller.send("1");
  cutting = true;
  const verifying = caller.verify("1", { idempotency: caller.claim("v", "body", "verify-otp") });
  const status = async () => (await elsewhere.findVerification(caller.key.accountId, verificationId))?.status;
  while ((await status()) !== "verified") await new Promise((resolve) => setTimeout(resolve, 2));
  clock.advance(600_000);
  cutting = false;
  const outcome = await verifying;
  assert.ok(outcome.kind === "compared" && outcome.valid);
  await store.close();
  await elsewhere.close();
  proxy.close();
});

test("a database that is gone: StoreUnavailable in bounded time, and well again when it is back", async () => {
  await using cluster = await startCluster({ settings });
  const target = parseTarget(cluster.url("postgres"));
  const store = await openPostgresStore({ target });
  const patient = await openPostgresStore({ target, callPatienceMs });
  const one = callers(store);
  await one().send("1");
  await cluster.stop("SIGQUIT");
  const before = performance.now();
  await assert.rejects(one().send("1"), StoreUnavailable);
  await assert.rejects(store.ping(), StoreUnavailable);
  await assert.rejects(store.findAccess("none"), StoreUnavailable);
  assert.ok(performance.now() - before < boundedMs);
  // A start that is quicker than the patience is not even noticed.
  const waits = callers(patient)().send("1");
  await Promise.all([cluster.start(), waits]);
  await store.ping();
  await Promise.all([store.close(), patient.close()]);
});

test("a database that falls silent: StoreUnavailable in bounded time", async () => {
  await using database = await server.database();
  let silent = false;
  const proxy = await startProxy(Number(new URL(database.url).port), () => !silent);
  const url = new URL(database.url);
  url.port = String(proxy.port);
  // Statements may take ten minutes; a request that waits for one knows sooner that nobody answers.
  url.searchParams.set("statement_timeout", "600000");
  url.searchParams.set("connect_timeout", "10");
  const target = parseTarget(url.href);
  const [patient, store] = [
    await openPostgresStore({ target, callPatienceMs }),
    // Long enough for a first call on a slow machine.
    await openPostgresStore({ target, callPatienceMs: 3_000 }),
  ];
  await new Caller(patient).send("1");
  await new Caller(store).send("1");
  silent = true;
  const before = performance.now();
  await Promise.all([
    assert.rejects(new Caller(store).verify("1"), StoreUnavailable),
    assert.rejects(store.findAccess("none"), StoreUnavailable),
    assert.rejects(store.ping(), StoreUnavailable),
  ]);
  assert.ok(performance.now() - before < 2 * boundedMs);
  silent = false;
  await new Caller(patient).send("1");
  await Promise.all([patient.close(), store.close()]);
  proxy.close();
});

test("a lock that is held too long: StoreUnavailable, not an endless wait", async () => {
  await using database = await server.database();
  const [patient, store] = await Promise.all([database.open(), database.open({ callPatienceMs: 500 })]);
  const caller = new Caller(patient);
  await caller.send("1");
  const holder = new pg.Client({ connectionString: database.url });
  await holder.connect();
  await holder.query("BEGIN");
  await holder.query("SELECT FROM antryk.item FOR UPDATE");
  await assert.rejects(new Caller(store, caller.key).verify("1"), StoreUnavailable);
  await holder.query("ROLLBACK");
  await holder.end();
  assert.equal((await caller.verify("1")).kind, "compared");
  await Promise.all([patient.close(), store.close()]);
});

test("several hosts: the primary among them is found, and found again after it has moved", async () => {
  await using first = await startCluster({ settings });
  await using second = await startCluster({ settings });
  // Two primaries stand for before and after: the data is not what this is about.
  const target = parseTarget(
    `postgres://antryk@127.0.0.1:1,127.0.0.1:${first.port},127.0.0.1:${second.port}/postgres?sslmode=disable`,
  );
  const elsewhere = await openPostgresStore({ target: parseTarget(second.url("postgres")) });
  await elsewhere.close();
  const store = await openPostgresStore({ target, callPatienceMs });
  await new Caller(store).send("1");
  await first.stop("SIGQUIT");
  const caller = new Caller(store);
  await caller.send("1");
  assert.equal((await run(second.url("postgres"), "SELECT count(*)::int AS n FROM antryk.item"))[0]?.n, 1);
  await store.close();
});

test("a password does not stand in what is thrown", async () => {
  const target = parseTarget("postgres://antryk:very-secret@127.0.0.1:1/postgres");
  await assert.rejects(openPostgresStore({ target, patienceMs: 0 }), (fault: Error) => {
    assert.ok(fault instanceof StoreUnavailable);
    assert.ok(!JSON.stringify([fault.message, fault.stack, String(fault.cause)]).includes("very-secret"));
    return true;
  });
});

/** Stands between client and server; `pass` sees each packet for the client and may hold it back. */
async function startProxy(to: number, pass: (toClient: Socket) => boolean): Promise<{ port: number; close(): void }> {
  const { connect } = await import("node:net");
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const database = connect(to, "127.0.0.1");
    for (const socket of [client, database]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
    }
    client.on("data", (bytes) => database.write(bytes));
    database.on("data", (bytes) => {
      if (pass(client)) client.write(bytes);
    });
    client.on("close", () => database.destroy());
    database.on("close", () => client.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const address = proxy.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    close() {
      proxy.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
