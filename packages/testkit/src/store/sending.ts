/** reserve, settle and resend. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { bucketMs } from "../../../server/src/store/rules/limits.ts";
import { Caller, type Engine, leaseMs, macOf, storeTest, ttlMs } from "./harness.ts";

const minute = 60_000;

export function sendingSuite(engine: Engine): void {
  const withStore = storeTest(engine);

  withStore("a reservation says when the code expires and may be sent again", async (caller) => {
    const now = caller.store.now();
    const reserved = await caller.send("1");
    assert.deepEqual([reserved.sendNo, reserved.expiresAt - now, reserved.resendAt - now], [1, ttlMs, 30_000]);
  });

  withStore("a pending OTP refuses a send until it expires", async (caller, { advance }) => {
    await caller.send("1");
    advance(ttlMs - 1);
    const refused = await caller.reserve("2");
    assert.equal(refused.kind === "pending" && refused.retryAfterMs, 1);
    advance(1);
    assert.equal((await caller.reserve("2")).kind, "reserved");
  });

  withStore("under its lease a send refuses another one, and its code verifies", async (caller, { advance }) => {
    assert.equal((await caller.reserve("1")).kind, "reserved");
    advance(5_000);
    const refused = await caller.reserve("2");
    assert.equal(refused.kind === "pending" && refused.retryAfterMs, leaseMs - 5_000);
    const wrong = await caller.verify("x");
    assert.equal(wrong.kind === "compared" && wrong.valid, false);
    const right = await caller.verify("1");
    assert.equal(right.kind === "compared" && right.valid, true);
  });

  withStore(
    "a process that dies between reserve and settle blocks its number for the lease alone; then the same code is sent",
    async (caller, { advance }) => {
      const first = await caller.reserve("1");
      advance(leaseMs);
      const next = await caller.send("2");
      assert.ok(first.kind === "reserved");
      assert.equal(next.verificationId, first.verificationId);
      assert.deepEqual(next.nonce, first.nonce);
      assert.equal(next.sendNo, 2);
      const old = await caller.verify("1");
      assert.equal(old.kind === "compared" && old.valid, true);
    },
  );

  withStore(
    "a resend that is under way keeps sends and resends out, whatever the send before it came to",
    async (caller, { advance }) => {
      for (const result of ["accepted", "unknown"] as const) {
        const one = new Caller(caller.store);
        await one.send("1", result);
        advance(30_000);
        const input = one.resendInput();
        const held = await caller.store.reserveResend({ ...input, ...one.key });
        assert.ok(held.kind === "reserved");
        advance(4_000);
        for (const refused of [await one.reserve("2"), await one.resend()])
          assert.ok(
            refused.kind === "pending" && refused.retryAfterMs === leaseMs - 4_000,
            `${result} ${refused.kind}`,
          );
        const compared = await one.verify("x");
        assert.equal(compared.kind === "compared" && compared.attemptsRemaining, 4, "verify compares meanwhile");
        await one.settle(held, input.leaseToken, "accepted");
        const after = await one.reserve("2");
        assert.ok(after.kind === "pending" && after.retryAfterMs > leaseMs, "the OTP is pending until it expires");
      }
    },
  );

  withStore(
    "a resend that never came back keeps a send out for its lease alone, and then the same code is sent",
    async (caller, { advance }) => {
      const first = await caller.send("1", "unknown");
      advance(30_000);
      assert.equal((await caller.store.reserveResend({ ...caller.resendInput() })).kind, "reserved");
      advance(leaseMs - 1);
      assert.equal((await caller.reserve("2")).kind, "pending");
      advance(1);
      const next = await caller.send("2");
      assert.deepEqual([next.verificationId, next.nonce], [first.verificationId, first.nonce]);
    },
  );

  withStore("a refused send leaves nothing pending and gives its limits back", async (caller) => {
    for (let n = 0; n < 5; n += 1) await caller.send("1", "refused");
    assert.equal((await caller.verify("1")).kind, "not_found");
    for (let n = 0; n < 3; n += 1) {
      await caller.send("1");
      await caller.verify("1");
    }
    const fourth = await caller.reserve("1");
    assert.equal(fourth.kind === "rate_limited" && fourth.name, "recipient");
  });

  withStore(
    "hand-overs begun are counted whatever came of them: ten in fifteen minutes",
    async (caller, { advance }) => {
      for (let n = 0; n < 10; n += 1) await caller.send("1", "refused");
      const eleventh = await caller.reserve("1");
      assert.ok(eleventh.kind === "rate_limited");
      assert.deepEqual([eleventh.name, eleventh.retryAfterMs], ["attempts", 15 * minute]);
      advance(15 * minute);
      assert.equal((await caller.reserve("1")).kind, "reserved");
    },
  );

  withStore(
    "a send of unknown outcome does not block the next one, stays counted, and both say one code",
    async (caller) => {
      const first = await caller.send("1", "unknown");
      const second = await caller.send("2", "unknown");
      const third = await caller.send("3", "unknown");
      assert.deepEqual([second.verificationId, third.verificationId], [first.verificationId, first.verificationId]);
      assert.deepEqual(third.nonce, first.nonce);
      assert.equal((await caller.reserve("4")).kind, "rate_limited");
      const late = await caller.verify("1");
      assert.equal(late.kind === "compared" && late.valid, true);
    },
  );

  withStore(
    "wrong codes on an unknown OTP count on after it is sent again, and a refusal keeps them",
    async (caller) => {
      await caller.send("1", "unknown");
      await caller.verify("x");
      await caller.verify("x");
      await caller.send("2", "refused");
      const third = await caller.verify("x");
      assert.equal(third.kind === "compared" && third.attemptsRemaining, 2);
    },
  );

  withStore("a refused repeat of an unknown OTP leaves the earlier code as it was", async (caller, { advance }) => {
    await caller.send("1", "unknown");
    advance(minute);
    await caller.send("2", "refused");
    advance(ttlMs - minute - 1);
    const right = await caller.verify("1");
    assert.equal(right.kind === "compared" && right.valid, true);
  });

  withStore("a key that has left the keyring is not asked for the same code again", async (caller) => {
    const first = await caller.send("1", "unknown");
    const second = await caller.send("2", "accepted", { liveKeyIds: ["k_other"] });
    assert.notEqual(second.verificationId, first.verificationId);
  });

  withStore("a refused send brings back what it replaced: expired, locked, used", async (caller, { advance }) => {
    const expired = await caller.send("1");
    advance(ttlMs);
    await caller.send("2", "refused");
    assert.equal((await caller.verify("1")).kind, "expired");
    assert.equal(
      (await caller.store.findVerification(caller.key.accountId, expired.verificationId))?.status,
      "expired",
    );

    const locked = new Caller(caller.store);
    await locked.send("1");
    for (let n = 0; n < 5; n += 1) await locked.verify("x");
    await locked.send("2", "refused");
    const answer = await locked.verify("1");
    assert.equal(answer.kind === "rate_limited" && answer.locked, true);

    const used = new Caller(caller.store);
    await used.send("1");
    await used.verify("1");
    await used.send("2", "refused");
    assert.equal((await used.verify("2")).kind, "not_found");
    assert.equal((await caller.store.sizes()).history, 0, "what is back is in history no more");
  });

  withStore("settle never turns back what was used or cancelled under the lease", async (caller) => {
    for (const result of ["accepted", "refused", "unknown"] as const) {
      const used = new Caller(caller.store);
      const input = used.reserveInput("1");
      const reserved = await used.store.reserve(input);
      assert.ok(reserved.kind === "reserved");
      await used.verify("1");
      await used.settle(reserved, input.leaseToken, result);
      assert.equal((await used.verify("1")).kind, "not_found");
      const record = await used.store.findVerification(used.key.accountId, reserved.verificationId);
      assert.equal(record?.status, "verified");
      assert.equal(record.deliveries.length, 1);
    }
  });

  withStore("a settle that comes after another send took over changes nothing of it", async (caller, { advance }) => {
    const input = caller.reserveInput("1");
    const late = await caller.store.reserve(input);
    assert.ok(late.kind === "reserved");
    advance(ttlMs);
    await caller.send("2");
    for (const result of ["refused", "unknown", "accepted"] as const)
      await caller.settle(late, input.leaseToken, result);
    assert.equal((await caller.reserve("3")).kind, "pending");
    const right = await caller.verify("2");
    assert.equal(right.kind === "compared" && right.valid, true);
  });

  withStore(
    "a settle that comes too late still keeps the gateway's name of its message",
    async (caller, { advance }) => {
      const input = caller.reserveInput("1");
      const late = await caller.store.reserve(input);
      assert.ok(late.kind === "reserved");
      advance(ttlMs);
      await caller.send("2");
      const gatewayId = randomUUID();
      await caller.settle(late, input.leaseToken, "accepted", { messages: [{ gatewayId, messageId: "m1" }] });
      assert.equal((await caller.store.recordReceipts(gatewayId, [{ messageId: "m1", status: "sent" }])).known, 1);
    },
  );

  withStore(
    "what a refused send brings back, and the next send replaces at the same moment, is kept",
    async (caller) => {
      const used = await caller.send("1");
      await caller.verify("1");
      const input = caller.reserveInput("2");
      const refused = await caller.store.reserve(input);
      assert.ok(refused.kind === "reserved");
      const [, next] = await Promise.all([caller.settle(refused, input.leaseToken, "refused"), caller.reserve("3")]);
      assert.equal(next.kind, "reserved");
      const { accountId } = caller.key;
      assert.equal((await caller.store.findVerification(accountId, used.verificationId))?.status, "verified");
      assert.equal(await caller.store.findVerification(accountId, refused.verificationId), undefined);
    },
  );

  withStore(
    "windows: three sends in fifteen minutes and ten a day, each freed when its time has passed",
    async (caller, { advance }) => {
      let sent = 0;
      for (let quarter = 0; quarter < 4; quarter += 1) {
        for (let n = 0; n < 3 && sent < 10; n += 1) {
          await caller.send("1");
          await caller.verify("1");
          sent += 1;
          advance(minute);
        }
        const refused = await caller.reserve("1");
        assert.ok(refused.kind === "rate_limited", `after ${sent}`);
        if (sent < 10) assert.equal(refused.retryAfterMs, 12 * minute);
        advance(12 * minute);
      }
      const tenADay = await caller.reserve("1");
      assert.ok(tenADay.kind === "rate_limited" && tenADay.limit.count === 10);
      advance(tenADay.retryAfterMs - 1);
      assert.equal((await caller.reserve("1")).kind, "rate_limited");
      advance(1);
      assert.equal((await caller.reserve("1")).kind, "reserved");
    },
  );

  withStore(
    "a shared limit counts over recipients and never lets more through, in any span",
    async (caller, { advance }) => {
      const limits = {
        recipient: [],
        shared: [
          { scope: "service" as const, subject: caller.key.serviceId, limit: { count: 4, windowMs: 10 * minute } },
        ],
      };
      const times: number[] = [];
      for (let step = 0; step < 120; step += 1) {
        const other = new Caller(caller.store, { ...caller.key, recipient: `+9198765${10_000 + step}` });
        const outcome = await other.reserve("1", { limits });
        if (outcome.kind === "reserved") times.push(caller.store.now());
        else assert.ok(outcome.kind === "rate_limited" && outcome.name === "service" && outcome.retryAfterMs > 0);
        advance(20_000);
      }
      assert.ok(times.length >= 12, `${times.length} were let through`);
      for (const at of times) assert.ok(times.filter((other) => other >= at && other < at + 10 * minute).length <= 4);
    },
  );

  withStore("a shared limit counts a send until its whole window has passed", async (caller, { advance }) => {
    const windowMs = 10 * minute;
    const limits = {
      recipient: [],
      shared: [{ scope: "service" as const, subject: caller.key.serviceId, limit: { count: 1, windowMs } }],
    };
    const at = (n: number) => new Caller(caller.store, { ...caller.key, recipient: `+9198765${10_000 + n}` });
    // The last moment of the span that it is counted in.
    const spanMs = bucketMs(windowMs);
    advance(spanMs - 1 - (caller.store.now() % spanMs));
    await at(1).send("1", "accepted", { limits });
    advance(windowMs - 1);
    assert.equal((await at(2).reserve("1", { limits })).kind, "rate_limited");
  });

  withStore("how far a shared limit is used: small ones and those in many slots", async (caller, { advance }) => {
    const { store, key } = caller;
    const shared = [10, 5_000].map((count) => ({
      scope: "account" as const,
      subject: key.accountId,
      limit: { count, windowMs: count * minute },
    }));
    const used = () => Promise.all(shared.map((limit) => store.used(key.accountId, limit)));
    assert.deepEqual(await used(), [0, 0]);
    const send = (n: number, result: "accepted" | "refused") =>
      new Caller(store, { ...key, recipient: `+9198765${10_000 + n}` }).send("1", result, {
        limits: { recipient: [], shared },
      });
    await Promise.all([1, 2, 3, 4, 5, 6].map((n) => send(n, "accepted")));
    await send(7, "refused");
    assert.deepEqual(await used(), [6, 6]);
    assert.equal(await store.used(randomUUID(), shared[0] as (typeof shared)[number]), 0);
    advance(11 * minute);
    assert.deepEqual(await used(), [0, 6]);
  });

  withStore(
    "a shared limit's Retry-After is enough to wait, and a refused send gives back",
    async (caller, { advance }) => {
      const limits = {
        recipient: [],
        shared: [{ scope: "account" as const, subject: caller.key.accountId, limit: { count: 1, windowMs: minute } }],
      };
      const at = (n: number) => new Caller(caller.store, { ...caller.key, recipient: `+9198765${10_000 + n}` });
      await at(1).send("1", "refused", { limits });
      await at(2).send("1", "accepted", { limits });
      const refused = await at(3).reserve("1", { limits });
      assert.ok(refused.kind === "rate_limited");
      advance(refused.retryAfterMs);
      assert.equal((await at(3).reserve("1", { limits })).kind, "reserved");
    },
  );

  withStore("resend: same code and life, own cooldowns of 30, 60, 120, 240, 240 s", async (caller, { advance }) => {
    const long = { limits: { recipient: [], shared: [] } };
    const first = await caller.send("1", "accepted", { ttlMs: 3_600_000, ...long });
    for (const [index, seconds] of [30, 60, 120, 240, 240].entries()) {
      advance(seconds * 1_000 - 1);
      const early = await caller.resend("accepted", long);
      assert.ok(early.kind === "rate_limited" && early.name === "cooldown" && early.retryAfterMs === 1, `${seconds}`);
      advance(1);
      const again = await caller.resend("accepted", long);
      assert.ok(again.kind === "reserved");
      assert.deepEqual(
        [again.verificationId, again.expiresAt, again.sendNo],
        [first.verificationId, first.expiresAt, index + 2],
      );
      assert.deepEqual(again.nonce, first.nonce);
    }
  });

  withStore("resend: nothing pending, expired, locked", async (caller, { advance }) => {
    assert.equal((await caller.resend()).kind, "not_found");
    await caller.send("1");
    for (let n = 0; n < 5; n += 1) await caller.verify("x");
    const locked = await caller.resend();
    assert.equal(locked.kind === "rate_limited" && locked.locked, true);
    advance(ttlMs);
    assert.equal((await caller.resend()).kind, "expired");
  });

  withStore("a failed resend changes nothing; one of unknown outcome stays counted", async (caller, { advance }) => {
    await caller.send("1");
    advance(30_000);
    assert.equal((await caller.resend("refused")).kind, "reserved");
    assert.equal((await caller.resend("refused")).kind, "reserved");
    assert.equal((await caller.resend("unknown")).kind, "reserved");
    const tooEarly = await caller.resend();
    assert.ok(tooEarly.kind === "rate_limited" && tooEarly.name === "cooldown" && tooEarly.retryAfterMs === 60_000);
    const right = await caller.verify("1");
    assert.equal(right.kind === "compared" && right.valid, true);
  });

  withStore("an accepted resend of an unknown OTP makes it pending", async (caller, { advance }) => {
    await caller.send("1", "unknown");
    advance(30_000);
    await caller.resend();
    assert.equal((await caller.reserve("2")).kind, "pending");
  });

  withStore("cancel ends the OTP, gives nothing back, and keeps the cooldown", async (caller, { advance }) => {
    assert.equal((await caller.cancel()).kind, "not_found");
    const sent = await caller.send("1");
    const cancelled = await caller.cancel();
    assert.ok(cancelled.kind === "cancelled" && cancelled.verificationId === sent.verificationId);
    assert.equal((await caller.verify("1")).kind, "not_found");
    assert.equal((await caller.cancel()).kind, "not_found");
    const soon = await caller.reserve("2");
    assert.ok(soon.kind === "rate_limited" && soon.name === "cooldown" && soon.retryAfterMs === 30_000);
    advance(30_000);
    await caller.send("2");
    await caller.verify("2");
    await caller.send("3");
    await caller.verify("3");
    assert.equal((await caller.reserve("4")).kind, "rate_limited");
  });

  withStore("no row holds a code, and an ended one has neither nonce nor hash", async (caller) => {
    const sent = await caller.send("1");
    await caller.verify("1");
    const record = await caller.store.findVerification(caller.key.accountId, sent.verificationId);
    assert.ok(record);
    assert.equal(record.status, "verified");
    assert.ok(!JSON.stringify(record).includes(macOf("1").toString("hex")));
  });
}
