/** Receipts that a gateway reports before the send that they are of has been stored. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startService, type TestService } from "@antryk/testkit/service";
import { command, encodeDeliver, encodePdu, TestSmsc } from "@antryk/testkit/smsc";
import { until } from "@antryk/testkit/until";
import { newGateway } from "../administration/gateways.ts";
import { StoreUnavailable } from "../model/errors.ts";
import { createLog } from "../observe/log.ts";
import { ManualClock } from "../store/clock.ts";
import type { Store } from "../store/port.ts";
import { openSqliteStore } from "../store/sqlite/open.ts";
import { ReceiptDesk, receiptTopic, retriesAfterMs } from "./receipt-desk.ts";
import { receiptRoom } from "./receipt-room.ts";

const to = "+919876543210";
const receiptResponse = command.deliverSm + 0x8000_0000;

/** A service whose messages go to this SMSC. */
async function startWith(smsc: TestSmsc): Promise<TestService> {
  const service = await startService({
    service: { routes: [{ match: "*", gateways: ["smsc"], failoverOnTimeout: false }] },
  });
  const settings = { url: `smpp://127.0.0.1:${smsc.port}`, systemId: "a", password: "b" };
  const made = newGateway(
    { name: "smsc", provider: "smpp", settings, maxConcurrent: null, maxPerSecond: null },
    service.keyring,
    service.store.now(),
  );
  assert.ok(made.kind === "gateway");
  await service.store.createGateway(made.gateway);
  return service;
}

test("a receipt that comes with the response reaches the timeline", async () => {
  await using smsc = await new TestSmsc({ answer: () => "nothing" }).listen();
  smsc.onPdu = ({ id, sequence }) => {
    if (id !== command.submitSm) return;
    const response = encodePdu(command.submitSm + 0x8000_0000, 0, sequence, Buffer.from("77\0"));
    const receipt = encodePdu(command.deliverSm, 0, 1, encodeDeliver(4, Buffer.from("id:77 stat:DELIVRD err:000")));
    smsc.write(Buffer.concat([response, receipt]));
  };
  await using service = await startWith(smsc);
  const sent = await service.post("send-otp", { to });
  assert.equal(sent.status, 200);
  // By now the send is stored, and the receipt, which came before that, is on the queue.
  await until(() => smsc.received.some(({ id }) => id === receiptResponse), { what: "the receipt is answered" });
  service.clock.advance(retriesAfterMs[0] ?? 0);
  const delivered = async (): Promise<boolean> => {
    const record = await service.store.findVerification(service.accountId, sent.body.data.verificationId);
    return record?.deliveries[0]?.receipt?.status === "delivered";
  };
  await until(delivered, { what: "the receipt is on the timeline" });
});

test("a receipt that the store can't take is asked for again", async () => {
  await using smsc = await new TestSmsc().listen();
  await using service = await startWith(smsc);
  await service.post("send-otp", { to });
  const record = service.store.recordReceipts;
  service.store.recordReceipts = () => Promise.reject(new Error("the store is away"));
  const answers = () => smsc.received.filter(({ id }) => id === receiptResponse).map(({ status }) => status);
  smsc.deliver(encodeDeliver(4, Buffer.from("id:1 stat:DELIVRD err:000")));
  await until(() => answers().length === 1, { what: "the receipt is answered" });
  service.store.recordReceipts = record;
  smsc.deliver(encodeDeliver(4, Buffer.from("id:1 stat:DELIVRD err:000")));
  await until(() => answers().length === 2, { what: "the receipt is answered again" });
  assert.deepEqual(answers(), [0x64, 0]);
  assert.ok(service.logLines.some((line) => line.includes("receipts_not_stored")));
});

/** A desk whose store knows the messages of `known`, beside its queue. */
function deskOver(path: string, clock: ManualClock, known: ReadonlySet<string>) {
  const store = openSqliteStore({ path, clock });
  const asked: string[][] = [];
  const recordReceipts: Store["recordReceipts"] = async (_, receipts) => {
    asked.push(receipts.map(({ messageId }) => messageId));
    const unmatched = receipts.filter(({ messageId }) => !known.has(messageId));
    return { known: receipts.length - unmatched.length, unmatched };
  };
  const log = createLog("silent", { write: () => undefined });
  let dropped = 0;
  const desk = new ReceiptDesk({
    store: { recordReceipts, queue: store.queue, now: () => store.now() },
    log,
    onReceipts(fate, count) {
      if (fate === "dropped") dropped += count;
    },
  });
  return {
    store,
    asked,
    desk,
    dropped: () => dropped,
    claim: async () => (await store.queue.claimDue([receiptTopic], 10, 60_000))[0],
  };
}

test("what waits outlives the process; only what is unknown is retried, a few times, and then dropped", async () => {
  const folder = mkdtempSync(join(tmpdir(), "antryk-receipts-"));
  const clock = new ManualClock();
  const known = new Set(["stored"]);
  const before = deskOver(join(folder, "antryk.db"), clock, known);
  const reported = ["stored", "early", "another's"].map((messageId) => ({ messageId, status: "sent" as const }));
  assert.equal(await before.desk.record("g", reported), 1);
  assert.deepEqual(before.asked, [["stored", "early", "another's"]]);
  await before.store.close();

  const { store, desk, asked, claim } = deskOver(join(folder, "antryk.db"), clock, known);
  for (const [n, restMs] of retriesAfterMs.entries()) {
    clock.advance(restMs - 1);
    assert.equal(await claim(), undefined, `nothing is retried before ${restMs} ms`);
    clock.advance(1);
    const entry = await claim();
    assert.ok(entry, `retry ${n + 1}`);
    const fate = await desk.retry(entry);
    const nextMs = retriesAfterMs[n + 1];
    assert.deepEqual(fate, nextMs === undefined ? "done" : { againAt: clock.now() + nextMs });
    if (fate !== "done") await store.queue.retryAt(entry.id, fate.againAt, entry.tries);
  }
  assert.deepEqual(asked, Array(retriesAfterMs.length).fill(["early", "another's"]));
  await store.close();
  rmSync(folder, { recursive: true });
});

test("what became known is done; a store that is away uses up no retry", async () => {
  const clock = new ManualClock();
  const known = new Set<string>();
  const { store, desk, claim } = deskOver(":memory:", clock, known);
  assert.equal(await desk.record("g", [{ messageId: "early", status: "delivered" }]), 0);
  clock.advance(retriesAfterMs[0] ?? 0);
  const entry = await claim();
  assert.ok(entry);
  const away = new ReceiptDesk({
    store: {
      queue: store.queue,
      now: () => store.now(),
      recordReceipts: () => Promise.reject(new StoreUnavailable("away")),
    },
    log: createLog("silent", { write: () => undefined }),
  });
  assert.deepEqual(await away.retry({ ...entry, tries: 99 }), { againAt: clock.now() + (retriesAfterMs.at(-1) ?? 0) });
  known.add("early");
  assert.equal(await desk.retry(entry), "done");
  await store.close();
});

test("receipts of nobody's messages that come one by one at the same time share entries, by gateway", async () => {
  const { store, desk } = deskOver(":memory:", new ManualClock(), new Set());
  const report = (gatewayId: string, n: number) =>
    desk.record(gatewayId, [{ messageId: `${gatewayId}-${n}`, status: "sent" }]);
  await Promise.all(Array.from({ length: 400 }, (_, n) => report(n % 2 === 0 ? "a" : "b", n)));
  const waiting = await store.queue.waiting(receiptTopic, 1_000);
  assert.ok(waiting <= 12, `${waiting} entries for 400 receipts`);
  await store.close();
});

test("receipts that can't be put off fail for all whose entries they would share, and only for these", async () => {
  const { store } = deskOver(":memory:", new ManualClock(), new Set());
  let fault: Error | undefined = new StoreUnavailable("away");
  const recordReceipts: Store["recordReceipts"] = async (_, receipts) => ({ known: 0, unmatched: receipts });
  const desk = new ReceiptDesk({
    store: { recordReceipts, queue: store.queue, now: () => store.now() },
    enqueue: (entries) => (fault ? Promise.reject(fault) : store.queue.enqueue(entries)),
    log: createLog("silent", { write: () => undefined }),
  });
  const report = (messageId: string) => desk.record("g", [{ messageId, status: "sent" }]);
  const results = await Promise.allSettled([report("1"), report("2"), report("3")]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ["rejected", "rejected", "rejected"],
  );
  fault = undefined;
  assert.equal(await report("4"), 0);
  assert.equal(await store.queue.waiting(receiptTopic, 10), 1);
  await store.close();
});

test("a gateway that floods leaves room for the others; all together have a bound", async () => {
  const { store, desk, dropped } = deskOver(":memory:", new ManualClock(), new Set());
  const { perGateway, inAll, reserved } = receiptRoom;
  const flood = (gatewayId: string, count: number) =>
    desk.record(
      gatewayId,
      Array.from({ length: count }, (_, n) => ({ messageId: `${gatewayId}-${n}`, status: "sent" as const })),
    );
  const entriesOf = (gatewayId: string) => store.queue.waiting(receiptTopic, 10_000, `${gatewayId} `);
  await flood("loud", 3 * inAll * 50);
  assert.equal(await entriesOf("loud"), perGateway);
  assert.equal(dropped(), (3 * inAll - perGateway) * 50);
  await flood("quiet", 60);
  assert.equal(await entriesOf("quiet"), 2);
  // Even if many flood at once, one that does not has its share.
  for (const gatewayId of ["loud2", "loud3", "loud4"]) await flood(gatewayId, 3 * inAll * 50);
  assert.equal(await store.queue.waiting(receiptTopic, 10_000), inAll + 2 * reserved);
  const before = dropped();
  await flood("late", 60);
  assert.equal(await entriesOf("late"), 2);
  assert.equal(dropped(), before);
  await store.close();
});

test("beside a gateway that floods, another's early receipt reaches its message", async () => {
  const clock = new ManualClock();
  const known = new Set<string>();
  const { store, desk } = deskOver(":memory:", clock, known);
  const foreign = Array.from({ length: 100_000 }, (_, n) => ({ messageId: `x${n}`, status: "sent" as const }));
  await desk.record("loud", foreign);
  await desk.record("quiet", [{ messageId: "early", status: "delivered" }]);
  known.add("early");
  clock.advance(retriesAfterMs[0] ?? 0);
  const due = await store.queue.claimDue([receiptTopic], 10_000, 60_000);
  const entry = due.find(({ subject }) => subject === "quiet early");
  assert.ok(entry, "it was kept");
  assert.equal(await desk.retry(entry), "done");
  await store.close();
});
