/** verify, the counts of wrong codes, and races. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { defaults } from "@antryk/contract";
import { Caller, type Engine, storeTest, ttlMs } from "./harness.ts";

const tryMs = defaults.wrongCodes.windowMs / defaults.wrongCodes.count;

export function verifyingSuite(engine: Engine): void {
  const withStore = storeTest(engine);

  withStore("a right code once, then not found", async (caller) => {
    await caller.send("1");
    const right = await caller.verify("1");
    assert.ok(right.kind === "compared" && right.valid);
    assert.equal((await caller.verify("1")).kind, "not_found");
  });

  withStore(
    "the try that reaches the cap is compared, later ones are locked until the code expires",
    async (caller, { advance }) => {
      await caller.send("1");
      for (let left = 4; left >= 0; left -= 1) {
        const wrong = await caller.verify("x");
        assert.ok(wrong.kind === "compared" && !wrong.valid && wrong.attemptsRemaining === left);
      }
      advance(1_000);
      const locked = await caller.verify("1");
      assert.ok(locked.kind === "rate_limited" && locked.locked && locked.retryAfterMs === ttlMs - 1_000);
      assert.equal((await caller.reserve("2")).kind, "reserved");
    },
  );

  withStore("an expired code answers expired until the next send, for a day", async (caller, { advance }) => {
    await caller.send("1");
    advance(ttlMs);
    assert.equal((await caller.verify("1")).kind, "expired");
    advance(24 * 3_600_000 - 1);
    await caller.store.sweep(100);
    assert.equal((await caller.verify("1")).kind, "expired");
  });

  withStore(
    "fifteen wrong codes a day across OTPs, one try back every 96 minutes; a right code empties the count",
    async (caller, { advance }) => {
      const noLimits = { limits: { recipient: [], shared: [] } };
      for (let otp = 0; otp < 3; otp += 1) {
        await caller.send("1", "accepted", noLimits);
        for (let n = 0; n < 5; n += 1) assert.equal((await caller.verify("x")).kind, "compared");
        advance(ttlMs);
      }
      for (const refused of [await caller.reserve("1", noLimits)])
        assert.equal(refused.kind === "rate_limited" && refused.name, "wrong_codes");
      const waited = await caller.reserve("1", noLimits);
      assert.ok(waited.kind === "rate_limited" && waited.retryAfterMs <= tryMs);
      advance(waited.retryAfterMs);
      await caller.send("1", "accepted", noLimits);
      assert.equal((await caller.verify("x")).kind, "compared");
      const empty = await caller.verify("1");
      assert.ok(
        empty.kind === "rate_limited" && empty.name === "wrong_codes" && !empty.locked && empty.retryAfterMs === tryMs,
      );
      const resend = await caller.resend("accepted", noLimits);
      assert.equal(resend.kind === "rate_limited" && resend.name, "wrong_codes");
      advance(tryMs);
      await caller.send("2", "accepted", noLimits);
      const right = await caller.verify("2");
      assert.ok(right.kind === "compared" && right.valid);
      await caller.send("3", "accepted", noLimits);
      for (let n = 0; n < 5; n += 1) assert.equal((await caller.verify("x")).kind, "compared");
    },
  );

  withStore("a reset empties every count of a recipient, and no other's", async (caller, { advance }) => {
    assert.equal(await caller.store.resetCounts(caller.key), false);
    const other = new Caller(caller.store, { ...caller.key, recipient: "+919876500002" });
    for (const each of [caller, other]) {
      for (let n = 0; n < 3; n += 1) {
        await each.send("1", "accepted");
        await each.cancel();
        advance(31_000);
      }
      assert.equal((await each.reserve("1")).kind, "rate_limited");
    }
    assert.equal(await caller.store.resetCounts(caller.key), true);
    await caller.send("1", "accepted");
    assert.equal((await other.reserve("1")).kind, "rate_limited");
    assert.equal(await caller.store.resetCounts(caller.key), true);
    const wrong = async () => {
      const outcome = await caller.verify("2");
      return outcome.kind === "compared" ? outcome.attemptsRemaining : outcome.kind;
    };
    const left = Number(await wrong());
    await caller.store.resetCounts(caller.key);
    assert.equal(await wrong(), left - 1, "the tries of the current OTP stay counted");
  });

  withStore("a reset empties what counts a recipient over all services of its account, too", async (caller) => {
    const limit = { count: 2, windowMs: 3_600_000 };
    const of = (subject: string) => [{ scope: "recipient" as const, subject, limit }];
    const limits = { recipient: [], shared: of("one") };
    const send = async () => (await caller.send("1", "accepted", { limits })).kind;
    const refused = async () => {
      await caller.cancel();
      const outcome = await caller.reserve("1", { limits });
      return outcome.kind === "rate_limited" && outcome.name;
    };
    assert.equal(await send(), "reserved");
    await caller.verify("1");
    assert.equal(await send(), "reserved");
    await caller.verify("1");
    assert.equal(await refused(), "recipient");
    await caller.store.resetCounts(caller.key, of("another"));
    assert.equal(await caller.store.used(caller.key.accountId, of("one")[0] as never), 2);
    await caller.store.resetCounts(caller.key, of("one"));
    assert.equal(await caller.store.used(caller.key.accountId, of("one")[0] as never), 0);
    assert.equal(await send(), "reserved");
  });

  withStore("unlock empties the count of wrong codes", async (caller, { advance }) => {
    assert.equal(await caller.store.unlock(caller.key), false);
    const noLimits = { limits: { recipient: [], shared: [] } };
    for (let otp = 0; otp < 3; otp += 1) {
      await caller.send("1", "accepted", noLimits);
      for (let n = 0; n < 5; n += 1) await caller.verify("x");
      advance(ttlMs);
    }
    assert.equal((await caller.reserve("1", noLimits)).kind, "rate_limited");
    assert.equal(await caller.store.unlock(caller.key), true);
    assert.equal((await caller.reserve("1", noLimits)).kind, "reserved");
  });

  withStore("64 parallel right codes through two handles: exactly one is valid", async (caller, { another }) => {
    const other = new Caller(await another(), caller.key);
    await caller.send("1");
    const outcomes = await Promise.all(Array.from({ length: 64 }, (_, n) => (n % 2 ? caller : other).verify("1")));
    assert.equal(outcomes.filter((outcome) => outcome.kind === "compared" && outcome.valid).length, 1);
    assert.equal(outcomes.filter((outcome) => outcome.kind === "not_found").length, 63);
    await other.store.close();
  });

  withStore("64 parallel wrong codes through two handles: as many compared as allowed", async (caller, { another }) => {
    const other = new Caller(await another(), caller.key);
    await caller.send("1");
    const outcomes = await Promise.all(Array.from({ length: 64 }, (_, n) => (n % 2 ? caller : other).verify("x")));
    assert.equal(outcomes.filter((outcome) => outcome.kind === "compared").length, defaults.maxAttempts);
    assert.equal(outcomes.filter((outcome) => outcome.kind === "rate_limited").length, 64 - defaults.maxAttempts);
    await other.store.close();
  });

  withStore("64 parallel sends through two handles: exactly one is reserved", async (caller, { another }) => {
    const other = new Caller(await another(), caller.key);
    const outcomes = await Promise.all(Array.from({ length: 64 }, (_, n) => (n % 2 ? caller : other).reserve("1")));
    assert.equal(outcomes.filter((outcome) => outcome.kind === "reserved").length, 1);
    assert.equal(outcomes.filter((outcome) => outcome.kind === "pending").length, 63);
    await other.store.close();
  });

  withStore("64 parallel sends to as many recipients never pass a shared limit", async (caller, { another }) => {
    const second = await another();
    const limits = {
      recipient: [],
      shared: [{ scope: "service" as const, subject: caller.key.serviceId, limit: { count: 10, windowMs: 60_000 } }],
    };
    const outcomes = await Promise.all(
      Array.from({ length: 64 }, (_, n) =>
        new Caller(n % 2 ? caller.store : second, { ...caller.key, recipient: `+9198765${10_000 + n}` }).reserve("1", {
          limits,
        }),
      ),
    );
    assert.equal(outcomes.filter((outcome) => outcome.kind === "reserved").length, 10);
    await second.close();
  });

  withStore("64 parallel resends: exactly one is reserved", async (caller, { advance }) => {
    await caller.send("1");
    advance(30_000);
    const outcomes = await Promise.all(Array.from({ length: 64 }, () => caller.resend()));
    assert.equal(outcomes.filter((outcome) => outcome.kind === "reserved").length, 1);
  });

  withStore("recipients, services and accounts do not mix", async (caller) => {
    await caller.send("1");
    const others = [
      { ...caller.key, recipient: "+919876500000" },
      { ...caller.key, serviceId: randomUUID() },
      { ...caller.key, accountId: randomUUID() },
    ];
    for (const key of others) assert.equal((await new Caller(caller.store, key).verify("1")).kind, "not_found");
    const right = await caller.verify("1");
    assert.ok(right.kind === "compared" && right.valid);
  });
}
