/** Rows that hold what no server has written: each is a fault of the calls that need it, and of no other. */
import assert from "node:assert/strict";
import { UnreadableRow } from "../../../server/src/model/errors.ts";
import { claimRefs, readinessRef, recipientRef, scoreRef } from "../../../server/src/store/rules/kinds.ts";
import { Caller, type Engine, keyFor, macOf, storeTest } from "./harness.ts";

const day = 24 * 3_600_000;

/** Texts that a row may have instead of its own. */
function garbageFrom(text: string): string[] {
  return [
    "",
    "x",
    "null",
    "[]",
    "NaN NaN NaN NaN",
    text.slice(0, text.length / 2),
    text.replace(/\d{13}/, "NaN"),
    text.replace(/\d{13}/, "-1"),
    text.replaceAll(/\d{13}/g, "1e99"),
    text.replaceAll(" ", "\t"),
    `\n${text}`,
  ].filter((each) => each !== text);
}

const isUnreadable = (fault: unknown): boolean => {
  assert.ok(fault instanceof UnreadableRow, String(fault));
  assert.match(fault.message, /^a row of kind [a-z] in bucket \d+ can't be read: [a-z' -]+ is malformed$/);
  return true;
};

export function manglingSuite(engine: Engine): void {
  const withStore = storeTest(engine);

  withStore(
    "a recipient's row that can't be read fails its own calls, which change nothing",
    async (caller, opened) => {
      const key = recipientRef(caller.key).key;
      await caller.send("1");
      for (const garbage of garbageFrom((await opened.text(key)) ?? "")) {
        await opened.mangle(garbage, key);
        const others = Array.from({ length: 3 }, () => new Caller(caller.store));
        const [verified, sent, resent, cancelled, ...beside] = await Promise.allSettled([
          caller.verify("1"),
          caller.reserve("2"),
          caller.resend(),
          caller.cancel(),
          ...others.map((other) => other.send("1")),
        ]);
        for (const each of [verified, sent, resent, cancelled])
          assert.ok(each.status === "rejected" && isUnreadable(each.reason), JSON.stringify(garbage));
        assert.ok(beside.every(({ status }) => status === "fulfilled"));
        await assert.rejects(caller.store.unlock(caller.key), isUnreadable);
        assert.equal(await opened.text(key), garbage, "it stays as it is");
      }
    },
  );

  withStore(
    "a claim or a reply that can't be read fails requests with its key, and no other",
    async (caller, opened) => {
      const idempotency = caller.claim("key");
      await caller.send("1", "accepted", { idempotency });
      const refs = claimRefs(idempotency);
      const bucket = Math.floor(caller.key.hash / 2 ** 36);
      for (const { key } of [refs.replyIn(bucket), refs.claim]) {
        const own = (await opened.text(key)) ?? "";
        for (const garbage of garbageFrom(own)) {
          await opened.mangle(garbage, key);
          await assert.rejects(caller.reserve("1", { idempotency }), isUnreadable, JSON.stringify(garbage));
          await assert.rejects(caller.store.recall(idempotency), isUnreadable);
          assert.equal((await caller.reserve("1", { idempotency: caller.claim("other") })).kind, "pending");
          assert.equal(await opened.text(key), garbage);
        }
        await opened.mangle(own, key);
      }
    },
  );

  withStore("a score that can't be read is learned from no more; the others are", async (caller, opened) => {
    const { serviceId } = caller.key;
    const score = (gateway: string) => ({ serviceId, callingCode: "91", gateway, sent: 1, verified: 1 });
    await caller.store.learn([score("one"), score("two")]);
    const { key } = scoreRef(score("one"));
    for (const garbage of garbageFrom((await opened.text(key)) ?? "")) {
      await opened.mangle(garbage, key);
      await assert.rejects(caller.store.learn([score("one")]), isUnreadable, JSON.stringify(garbage));
      await caller.store.learn([score("two")]);
      assert.deepEqual(
        (await caller.store.gatewayScores(serviceId)).map(({ gateway }) => gateway),
        ["two"],
      );
      assert.equal(await opened.text(key), garbage);
    }
  });

  withStore(
    "a limit's count that can't be read fails the sends that it limits, until it is mended",
    async (caller, opened) => {
      const shared = [{ scope: "service" as const, subject: "s", limit: { count: 10, windowMs: day } }];
      const limits = { recipient: [], shared };
      await caller.send("1", "accepted", { limits });
      await opened.mangle("[[1,");
      const other = new Caller(
        await opened.another(),
        keyFor(caller.key.accountId, caller.key.serviceId, "+919876500001"),
      );
      const [limited, free] = await Promise.allSettled([
        other.reserve("1", { limits }),
        new Caller(other.store).reserve("1"),
      ]);
      assert.ok(limited.status === "rejected" && limited.reason instanceof UnreadableRow);
      assert.equal(free.status, "fulfilled");
      await opened.mangle("[]");
      assert.equal((await other.reserve("1", { limits })).kind, "reserved");
      await other.store.close();
    },
  );

  withStore(
    "the sweep goes past rows that can't be read, counts them, and leaves them as they are",
    async (caller, opened) => {
      const { store } = caller;
      await caller.send("1");
      const key = recipientRef(caller.key).key;
      const own = (await opened.text(key)) ?? "";
      const others = Array.from({ length: 4 }, () => new Caller(store));
      for (const other of others) await other.send("1");
      opened.advance(3 * day);
      for (const garbage of garbageFrom(own)) {
        await opened.mangle(garbage, key);
        let swept = await store.sweep(2);
        while (!swept.isPassOver) swept = await store.sweep(2);
        assert.equal(swept.unreadable, 1, JSON.stringify(garbage));
        assert.equal(await opened.text(key), garbage);
      }
      const { recipients, history } = await store.sizes();
      assert.deepEqual({ recipients, history }, { recipients: 1, history: 4 });
    },
  );

  withStore(
    "other numbers of its bucket are looked up and erased; a start, and keys in use, go past it",
    async (caller, opened) => {
      const { store } = caller;
      const sent = await caller.send("1");
      // As keyring and ids have it: the same bucket, and the same millisecond.
      const other = new Caller(store, { ...caller.key, recipient: "+919876500009", hash: caller.key.hash + 1 });
      const beside = await other.send("1");
      const key = recipientRef(caller.key).key;
      await opened.mangle("x", key);
      assert.equal((await store.findVerification(other.key.accountId, beside.verificationId))?.status, "pending");
      await assert.rejects(store.findVerification(caller.key.accountId, sent.verificationId), isUnreadable);
      assert.deepEqual(await store.keyIdsInUse(), ["k_test"]);
      const again = await opened.another();
      const forgotten = ({ accountId, channel, recipient, hash }: Caller["key"]) => ({
        channel,
        recipient,
        places: [{ accountId, hash }],
        reducedHash: macOf(recipient),
      });
      assert.equal((await again.erase(forgotten(other.key))).recipients, 1);
      await assert.rejects(again.erase(forgotten(caller.key)), isUnreadable);
      assert.equal(await opened.text(key), "x");
      await again.close();
    },
  );

  withStore(
    "receipts of a verification that can't be read are of no message; those beside them are taken",
    async (caller, opened) => {
      const { store } = caller;
      const gatewayId = "1c9b3a52-7e0c-4d0f-9a53-3a1d9f5e7c10";
      const other = new Caller(store);
      for (const [n, each] of [caller, other].entries()) {
        const input = each.reserveInput("1");
        const reserved = await store.reserve(input);
        assert.ok(reserved.kind === "reserved");
        await each.settle(reserved, input.leaseToken, "accepted", { messages: [{ gatewayId, messageId: `m${n}` }] });
      }
      await opened.mangle("x", recipientRef(caller.key).key);
      const receipt = (messageId: string) => ({ messageId, status: "delivered" as const });
      const recorded = await store.recordReceipts(gatewayId, [receipt("m0"), receipt("m1")]);
      assert.equal(recorded.known, 1);
    },
  );

  withStore("a readiness row that was mangled is written anew: it holds nothing", async ({ store }, opened) => {
    await store.ping();
    await opened.mangle("x", readinessRef.key);
    await store.ping();
    assert.equal(await opened.text(readinessRef.key), String(store.now()));
  });
}
