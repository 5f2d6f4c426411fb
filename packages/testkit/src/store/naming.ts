/** Names that gateways give to messages, and what they report of them. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { Reservation, ReserveInput } from "../../../server/src/model/sending.ts";
import { Caller, type Engine, leaseMs, storeTest, ttlMs } from "./harness.ts";

interface Sending {
  readonly caller: Caller;
  readonly input: ReserveInput;
  readonly reserved: Reservation;
}

async function begin(caller: Caller): Promise<Sending> {
  const input = caller.reserveInput("1");
  const reserved = await caller.store.reserve(input);
  if (reserved.kind !== "reserved") throw new Error(`the send was answered ${reserved.kind}`);
  return { caller, input, reserved };
}

/** The gateway has taken the message and named it. */
function settle({ caller, input, reserved }: Sending, gatewayId: string, messageId: string): Promise<void> {
  const at = new Date(reserved.reservedAt).toISOString();
  const attempt = { at, operation: "send-otp" as const, gateway: "one", outcome: "accepted" as const, durationMs: 1 };
  return caller.settle(reserved, input.leaseToken, "accepted", {
    deliveries: [{ ...attempt, messageId }],
    messages: [{ gatewayId, messageId }],
  });
}

async function timeline({ caller, reserved }: Sending) {
  const record = await caller.store.findVerification(caller.key.accountId, reserved.verificationId);
  return record?.deliveries.map(({ messageId, receipt }) => [messageId, receipt?.status]);
}

export function namingSuite(engine: Engine): void {
  const withStore = storeTest(engine);

  withStore(
    "a settle whose second write fails writes nothing, and can be repeated",
    async (caller, { breakMessageNames }) => {
      const gatewayId = randomUUID();
      const [sending, other] = [await begin(caller), await begin(new Caller(caller.store))];
      const heal = await breakMessageNames();
      const failed = assert.rejects(settle(sending, gatewayId, "m1"));
      await other.caller.settle(other.reserved, other.input.leaseToken, "accepted");
      await failed;
      assert.deepEqual(await timeline(sending), []);
      const refused = await caller.reserve("2");
      assert.equal(refused.kind === "pending" && refused.retryAfterMs, leaseMs, "it is still under its lease");
      await heal();
      await settle(sending, gatewayId, "m1");
      assert.deepEqual(await timeline(sending), [["m1", undefined]]);
      const later = await caller.reserve("2");
      assert.equal(later.kind === "pending" && later.retryAfterMs, ttlMs);
      assert.deepEqual(await caller.store.recordReceipts(gatewayId, [{ messageId: "m1", status: "delivered" }]), {
        known: 1,
        unmatched: [],
      });
      assert.deepEqual(await timeline(sending), [["m1", "delivered"]]);
    },
  );

  withStore("a receipt finds its message though its id differs in case, leading zeros or base", async ({ store }) => {
    const gatewayId = randomUUID();
    for (const [taken, reported] of [
      ["33E95179", "870928761"],
      ["0000012345", "12345"],
      ["00B8BE19", "b8be19"],
      ["4711000", "47e258"],
    ] as const) {
      const sending = await begin(new Caller(store));
      await settle(sending, gatewayId, taken);
      const receipt = { messageId: reported, status: "delivered" as const };
      assert.deepEqual(await store.recordReceipts(gatewayId, [receipt]), { known: 1, unmatched: [] }, taken);
      assert.deepEqual(await timeline(sending), [[taken, "delivered"]], "the timeline has the id as it was given");
      assert.deepEqual(await store.recordReceipts(randomUUID(), [receipt]), { known: 0, unmatched: [receipt] });
    }
    const sendings = [await begin(new Caller(store)), await begin(new Caller(store))] as const;
    await settle(sendings[0], gatewayId, "10");
    await settle(sendings[1], gatewayId, "a");
    await store.recordReceipts(gatewayId, [{ messageId: "10", status: "delivered" }]);
    assert.deepEqual(await timeline(sendings[0]), [["10", "delivered"]], "as it stands comes first");
    assert.deepEqual(await timeline(sendings[1]), [["a", undefined]]);
  });

  withStore("receipts that come together are written together, in the order of each message", async ({ store }) => {
    const gatewayId = randomUUID();
    const sendings = await Promise.all(Array.from({ length: 100 }, () => begin(new Caller(store))));
    await Promise.all(sendings.map((sending, n) => settle(sending, gatewayId, `m${n}`)));
    const receipts = (["sent", "delivered", "undelivered"] as const).flatMap((status) =>
      [...sendings.keys()].map((n) => ({ messageId: `m${n}`, status })),
    );
    const early = { messageId: "early", status: "sent" as const };
    const before = store.batches();
    assert.deepEqual(await store.recordReceipts(gatewayId, [...receipts, early]), { known: 300, unmatched: [early] });
    const { batches, calls } = store.batches();
    assert.equal(calls - before.calls, 300);
    assert.ok(batches - before.batches <= 30, `${batches - before.batches} batches for 300 receipts`);
    for (const [n, sending] of sendings.entries()) assert.deepEqual(await timeline(sending), [[`m${n}`, "delivered"]]);
  });
}
