/** Walks by chance, taken on both engines at once: every answer must be the same. What a walk took is told by its seed. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { bounds, defaults, type WindowLimit } from "@antryk/contract";
import { startPostgres } from "@antryk/testkit/postgres";
import { Caller, keyId, leaseMs, newKey, ttlMs } from "@antryk/testkit/store/harness";
import type { IdempotencyClaim } from "../../model/idempotency.ts";
import type { RecipientKey } from "../../model/recipient.ts";
import type { Reservation, SettleResult } from "../../model/sending.ts";
import { ManualClock } from "../clock.ts";
import type { Store } from "../port.ts";
import { openSqliteStore } from "../sqlite/open.ts";

const server = await startPostgres();
after(() => server[Symbol.asyncDispose]());

const walks = Number(process.env.ANTRYK_TEST_WALKS ?? 12);
const steps = 150;
const waits = [0, 1, 999, leaseMs - 1, leaseMs, 30_000, 60_000, ttlMs - 1, ttlMs, 15 * 60_000, 96 * 60_000, 6 * 3_600_000, 25 * 3_600_000];

/** Numbers by chance that a seed repeats (mulberry32). */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

interface Open {
  readonly key: RecipientKey;
  readonly leaseToken: string;
  readonly idempotency: IdempotencyClaim | undefined;
  readonly ours: Reservation;
  readonly theirs: Reservation;
}

for (let seed = 1; seed <= walks; seed += 1) {
  test(`walk ${seed}: SQLite and PostgreSQL answer the same`, async () => {
    const pick = chance(seed);
    const clock = new ManualClock();
    await using database = await server.database(clock);
    const theirs = await database.open({ clock });
    const ours = openSqliteStore({ path: ":memory:", clock });
    const keys = [newKey(), newKey()].flatMap((key) => [key, { ...key, recipient: `${key.recipient}1` }]);
    const open: Open[] = [];
    const known: { accountId: string; verificationId: string }[] = [];

    const both = async <T>(what: string, ask: (store: Store) => Promise<T>): Promise<[T, T]> => {
      const answers = await Promise.all([ask(ours), ask(theirs)]);
      assert.deepEqual(comparable(answers[1]), comparable(answers[0]), `seed ${seed}: ${what}`);
      return answers;
    };
    const one = <T>(of: readonly T[]): T => of[pick(of.length)] as T;
    const claimOf = (caller: Caller, operation: IdempotencyClaim["operation"]) =>
      pick(3) === 0 ? caller.claim(`k${pick(6)}`, `body${pick(5) === 0}`, operation) : undefined;
    const limitsOf = ({ accountId, serviceId }: RecipientKey) => {
      const small: WindowLimit = { count: 2 + pick(4), windowMs: one([1_000, 60_000, 3_600_000]) };
      const large: WindowLimit = { count: 1_600, windowMs: 60_000 };
      const shared = [
        { scope: "service" as const, subject: serviceId, limit: small },
        { scope: "account" as const, subject: accountId, limit: large },
      ];
      return { recipient: one([defaults.recipientLimits, [], [small]]), shared: one([[], shared, shared.slice(1)]) };
    };
    const remember = (key: RecipientKey, leaseToken: string, claim: IdempotencyClaim | undefined, answers: { kind: string }[]) => {
      const [mine, other] = answers as [Reservation, Reservation];
      if (mine.kind !== "reserved") return;
      open.push({ key, leaseToken, idempotency: claim, ours: mine, theirs: other });
      known.push({ accountId: key.accountId, verificationId: mine.verificationId });
    };

    for (let step = 0; step < steps; step += 1) {
      const key = one(keys);
      const caller = new Caller(ours, key);
      const dice = pick(100);
      if (dice < 30) {
        const idempotency = claimOf(caller, "send-otp");
        const input = caller.reserveInput(one(["1", "2"]), {
          idempotency,
          limits: limitsOf(key),
          ttlMs: one([ttlMs, 10_000, bounds.ttlSeconds.max * 1000]),
          liveKeyIds: one([[keyId], [keyId], ["k_other"]]),
        });
        remember(key, input.leaseToken, idempotency, await both(`${step} reserve`, (store) => store.reserve(input)));
      } else if (dice < 50 && open.length > 0) {
        const [settled] = open.splice(pick(open.length), 1);
        if (!settled) continue;
        const result = one<SettleResult>(["accepted", "accepted", "refused", "unknown"]);
        const { leaseToken, idempotency } = settled;
        const more = { reply: '{"sent":1}', idempotency };
        await Promise.all([
          new Caller(ours, settled.key).settle(settled.ours, leaseToken, result, more),
          new Caller(theirs, settled.key).settle(settled.theirs, leaseToken, result, more),
        ]);
      } else if (dice < 58) {
        const input = caller.resendInput({ idempotency: claimOf(caller, "resend-otp"), limits: limitsOf(key) });
        remember(key, input.leaseToken, input.idempotency, await both(`${step} resend`, (store) => store.reserveResend(input)));
      } else if (dice < 78) {
        const code = one(["1", "2", "x", "x"]);
        const more = { idempotency: claimOf(caller, "verify-otp"), wrongCode: one(["valid_false", "otp_invalid"] as const) };
        await both(`${step} verify`, (store) => new Caller(store, key).verify(code, more));
      } else if (dice < 82) {
        const idempotency = claimOf(caller, "cancel-otp");
        await both(`${step} cancel`, (store) => new Caller(store, key).cancel({ idempotency }));
      } else if (dice < 84) await both(`${step} unlock`, (store) => store.unlock(key));
      else if (dice < 86) {
        // What a settle finds that comes long after its lease depends on whether a sweep came between: their processes have died.
        open.length = 0;
        await Promise.all([ours.sweep(1_000), theirs.sweep(1_000)]);
      } else clock.advance(one(waits));
      for (const { accountId, verificationId } of known.slice(-4))
        await both(`${step} look-up`, (store) => store.findVerification(accountId, verificationId));
      const claim = caller.claim(`k${pick(6)}`, "bodyfalse", "send-otp");
      await both(`${step} recall`, (store) => store.recall(claim));
    }
    await Promise.all([ours.close(), theirs.close()]);
  });
}

/** Without what is an engine's own business: slots, and how the stored JSON is spaced. */
function comparable(answer: unknown): unknown {
  if (typeof answer !== "object" || answer === null) return answer;
  if ("kind" in answer && answer.kind === "reserved" && "counted" in answer)
    return { ...answer, counted: (answer.counted as object[]).map((bucket) => ({ ...bucket, slot: 0 })) };
  if ("kind" in answer && answer.kind === "replayed" && "reply" in answer) return { ...answer, reply: JSON.parse(String(answer.reply)) };
  return answer;
}
