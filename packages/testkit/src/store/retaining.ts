/** What is left of a number: after its first period, after its second, and once it must be forgotten. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { Store } from "../../../server/src/store/port.ts";
import type { Forgotten, HistoryKeeping } from "../../../server/src/store/ports/upkeep.ts";
import { Caller, type Engine, keyFor, macOf, storeTest, ttlMs } from "./harness.ts";
import { serviceOf } from "./keeping.ts";

const day = 24 * 3_600_000;
const keeping: HistoryKeeping = {
  identifiedMs: 5 * day,
  reducedMs: 10 * day,
  reduce: (recipient) => ({ hash: macOf(`phone ${recipient}`), masked: `${recipient.slice(0, 4)}…` }),
};
const hashOf = (recipient: string) => keeping.reduce(recipient).hash;

export function retainingSuite(engine: Engine): void {
  const withStore = storeTest(engine);

  withStore("history: with numbers for one period, reduced for the next, then gone", async (caller, { advance }) => {
    const { accountId } = caller.key;
    const ids: string[] = [];
    for (let n = 0; n < 20; n += 1) {
      const one = new Caller(caller.store, keyFor(caller.key.accountId, caller.key.serviceId, `+9198765${20_000 + n}`));
      ids.push((await one.send("1")).verificationId);
    }
    const first = ids[0] ?? "";
    advance(ttlMs + 2 * day);
    await sweepAll(caller, keeping);
    assert.equal((await caller.store.findVerification(accountId, first))?.recipient, "+919876520000");
    assert.deepEqual(await historyOf(caller), [20, 0]);

    advance(3 * day);
    await sweepAll(caller, keeping);
    assert.deepEqual(await historyOf(caller), [0, 20]);
    const reduced = await caller.store.findVerification(accountId, first);
    assert.deepEqual([reduced?.recipient, reduced?.status, reduced?.deliveries.length], ["+919…", "expired", 1]);
    assert.equal(
      await caller.store.findVerification(randomUUID(), first),
      undefined,
      "another account's stays unknown",
    );

    advance(10 * day);
    await sweepAll(caller, keeping);
    assert.deepEqual(await historyOf(caller), [0, 0]);
    assert.equal(await caller.store.findVerification(accountId, first), undefined);
  });

  withStore("without a second period history goes at the end of the first", async (caller, { advance }) => {
    await caller.send("1");
    advance(ttlMs + 2 * day);
    await sweepAll(caller, { ...keeping, reducedMs: 0 });
    assert.deepEqual(await historyOf(caller), [1, 0]);
    advance(5 * day);
    await sweepAll(caller, { ...keeping, reducedMs: 0 });
    assert.deepEqual(await historyOf(caller), [0, 0]);
  });

  withStore("two sweeps at once reduce each row once", async (caller, { advance, another }) => {
    for (let n = 0; n < 12; n += 1)
      await new Caller(caller.store, keyFor(caller.key.accountId, caller.key.serviceId, `+9198765${20_000 + n}`)).send(
        "1",
      );
    advance(ttlMs + 6 * day);
    const other = new Caller(await another());
    for (let n = 0; n < 12; n += 1) await Promise.all([caller.store.sweep(5, keeping), other.store.sweep(5, keeping)]);
    assert.deepEqual(await historyOf(caller), [0, 12]);
    await other.store.close();
  });

  withStore(
    "a number is forgotten everywhere: codes, counters, stored replies, history and its hash; others stay",
    async (caller, { advance }) => {
      const service = await withService(caller);
      const { accountId } = service.key;
      const elsewhere = await withService(caller, service.key.recipient);
      const bystander = new Caller(caller.store, keyFor(service.key.accountId, service.key.serviceId, "+919876500001"));
      const ids = new Set<string>();
      const send = async (who: Caller, key?: string) => {
        const { verificationId } = await who.send("1", "accepted", key ? { idempotency: who.claim(key) } : {});
        ids.add(verificationId);
        return verificationId;
      };
      // One that is reduced, one with its number in history, and living ones with stored replies.
      await send(service);
      const others = [await bystander.send("1")];
      advance(ttlMs + 6 * day);
      await sweepAll(caller, keeping);
      await send(service);
      advance(ttlMs);
      await send(service, "sent");
      await send(elsewhere);
      others.push(await bystander.send("1", "accepted", { idempotency: bystander.claim("theirs") }));
      await bystander.verify("x", { idempotency: bystander.claim("wrong", "body", "verify-otp") });
      await service.verify("x", { idempotency: service.claim("wrong-too", "body", "verify-otp") });
      assert.deepEqual(await historyOf(caller), [1, 2]);
      assert.equal(
        (await service.verify("1", { idempotency: service.claim("used", "body", "verify-otp") })).kind,
        "compared",
      );

      const erased = await caller.store.erase(await forgotten(caller.store, service.key.recipient));
      assert.deepEqual([erased.recipients, erased.history], [2, 2]);
      for (const id of ids) assert.equal(await caller.store.findVerification(accountId, id), undefined, id);
      for (const [key, operation] of [
        ["wrong-too", "verify-otp"],
        ["used", "verify-otp"],
      ] as const)
        assert.equal(await caller.store.recall(service.claim(key, "body", operation)), undefined, key);
      assert.equal((await service.verify("1")).kind, "not_found");
      assert.equal((await service.reserve("2")).kind, "reserved", "its counters are gone too");

      for (const { verificationId } of others)
        assert.ok(await caller.store.findVerification(accountId, verificationId));
      assert.equal((await caller.store.recall(bystander.claim("wrong", "body", "verify-otp")))?.kind, "replayed");
      const again = await caller.store.erase(await forgotten(caller.store, "+919876500002"));
      assert.deepEqual([again.recipients, again.history, again.idempotencyKeys], [0, 0, 0]);
    },
  );

  withStore("a send that is under way when its number is forgotten leaves nothing behind", async (caller, opened) => {
    const service = await withService(caller);
    const number = service.key.recipient.slice(1);
    const traces = async () => {
      const rows = await opened.rows();
      return [number, Buffer.from(number).toString("hex")].filter((each) => rows.includes(each));
    };
    const gatewayId = randomUUID();
    const input = service.reserveInput("1", { idempotency: service.claim("running") });
    const reserved = await caller.store.reserve(input);
    assert.ok(reserved.kind === "reserved");
    assert.equal((await traces()).length > 0, true, "a number can be found in the rows");
    await caller.store.erase(await forgotten(caller.store, service.key.recipient));
    assert.deepEqual(await traces(), []);
    // The hand-over ends later, and the gateway reports what became of the message.
    await service.settle(reserved, input.leaseToken, "accepted", {
      idempotency: service.claim("running"),
      messages: [{ gatewayId, messageId: "late" }],
    });
    const receipt = { messageId: "late", status: "delivered" as const };
    assert.deepEqual(await caller.store.recordReceipts(gatewayId, [receipt]), { known: 0, unmatched: [receipt] });
    await caller.store.sweep(100);
    assert.deepEqual(await traces(), []);
    assert.equal(await caller.store.recall(service.claim("running")), undefined);
    assert.equal(await caller.store.findVerification(service.key.accountId, reserved.verificationId), undefined);
    assert.equal((await service.verify("1")).kind, "not_found");
  });
}

/** A caller whose account and service are in the store, as they are if a server runs. */
async function withService({ store, key }: Caller, recipient = key.recipient): Promise<Caller> {
  const accountId = randomUUID();
  await store.createAccount({ id: accountId, name: "One", limits: [], createdAt: store.now() });
  const service = serviceOf(accountId, store.now());
  await store.createService(service);
  return new Caller(store, keyFor(accountId, service.id, recipient));
}

/** As `antryk erase` makes it: the number's place in every account. */
async function forgotten(store: Store, recipient: string): Promise<Forgotten> {
  const places = (await store.listAccounts()).map(({ id }) => ({
    accountId: id,
    hash: keyFor(id, id, recipient).hash,
  }));
  return { channel: "sms", recipient, places, reducedHash: hashOf(recipient) };
}

async function historyOf({ store }: Caller): Promise<[number, number]> {
  const { history, reducedHistory } = await store.sizes();
  return [history, reducedHistory];
}

async function sweepAll({ store }: Caller, keeping: HistoryKeeping): Promise<void> {
  for (let n = 0; n < 60; n += 1) if (!(await store.sweep(7, keeping)).more) return;
  throw new Error("the sweep does not come to an end");
}
