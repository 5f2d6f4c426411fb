/** Walks by chance over every verb, taken on both engines at once through two handles each: all that is answered is the same. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { bounds, defaults, type WindowLimit } from "@antryk/contract";
import { seeded } from "@antryk/testkit/inputs/random";
import { testSeed } from "@antryk/testkit/inputs/seed";
import { startPostgres } from "@antryk/testkit/postgres";
import { Caller, keyFor, keyId, leaseMs, macOf, newKey, ttlMs } from "@antryk/testkit/store/harness";
import type { IdempotencyClaim } from "../../model/idempotency.ts";
import type { RecipientKey } from "../../model/recipient.ts";
import type { Reservation, SettleResult } from "../../model/sending.ts";
import { ManualClock } from "../clock.ts";
import type { Store } from "../port.ts";
import type { HistoryKeeping } from "../ports/upkeep.ts";
import { openSqliteStore } from "../sqlite/open.ts";

const server = await startPostgres();
after(() => server[Symbol.asyncDispose]());

const walks = Number(process.env.ANTRYK_TEST_WALKS ?? 6);
const stepsPerWalk = 120;
const dayMs = 24 * 3_600_000;
/** Around every bound that the rules know. All of a walk's waits stay within a period of history. */
const waits = [
  0,
  1,
  999,
  leaseMs - 1,
  leaseMs,
  30_000,
  60_000,
  ttlMs - 1,
  ttlMs,
  15 * 60_000,
  96 * 60_000,
  6 * 3_600_000,
  dayMs + 1,
];
const keeping: HistoryKeeping = {
  identifiedMs: 25 * dayMs,
  reducedMs: 10 * dayMs,
  reduce: (recipient) => ({ hash: macOf(recipient), masked: recipient.slice(0, 5) }),
};
const verbs = {
  reserve: 26,
  settle: 20,
  resend: 8,
  verify: 19,
  cancel: 4,
  unlock: 2,
  learn: 2,
  receipts: 4,
  sweep: 2,
  erase: 1,
  wait: 12,
} as const;
type Verb = keyof typeof verbs;
/** Each verb as often as its number says. */
const choices = Object.entries(verbs).flatMap(([verb, count]) => Array<Verb>(count).fill(verb as Verb));

/** A send that is with the gateway; slots are each engine's own. */
interface Running {
  readonly key: RecipientKey;
  readonly leaseToken: string;
  readonly idempotency: IdempotencyClaim | undefined;
  readonly reserved: readonly Reservation[];
}

describe("SQLite and PostgreSQL say the same", { concurrency: 4 }, () => {
  for (let walk = 1; walk <= walks; walk += 1) test(`walk ${walk}`, () => take(testSeed + walk));
});

async function take(seed: number): Promise<void> {
  const clock = new ManualClock();
  const folder = mkdtempSync(join(tmpdir(), "antryk-walk-"));
  await using database = await server.database(clock);
  const sqlite = () => openSqliteStore({ path: join(folder, "antryk.db"), clock });
  const postgres = () => database.open({ clock });
  const engines = [[sqlite(), sqlite()], await Promise.all([postgres(), postgres()])] as const;
  try {
    await new Walk(seed, clock, engines).run();
  } finally {
    await Promise.all(engines.flat().map((store) => store.close()));
    rmSync(folder, { recursive: true });
  }
}

class Walk {
  readonly #seed: number;
  readonly #random: () => number;
  readonly #clock: ManualClock;
  readonly #engines: readonly (readonly Store[])[];
  /** Recipients of two services; one number stands in two accounts. */
  readonly #keys: readonly RecipientKey[];
  readonly #running: Running[] = [];
  readonly #sent: { readonly accountId: string; readonly verificationId: string }[] = [];
  readonly #messages = new Map<string, number>();
  #step = 0;

  constructor(seed: number, clock: ManualClock, engines: readonly (readonly Store[])[]) {
    this.#seed = seed;
    this.#random = seeded(seed);
    this.#clock = clock;
    this.#engines = engines;
    const [one, other] = [newKey(), newKey()];
    this.#keys = [one, { ...one, ...keyFor(one.accountId, one.serviceId, `${one.recipient}1`) }, other].concat(
      keyFor(other.accountId, other.serviceId, one.recipient),
    );
  }

  async run(): Promise<void> {
    while (this.#step < stepsPerWalk) {
      this.#step += 1;
      await this.#take(this.#one(choices));
      await this.#lookUp();
    }
    await this.#both("sizes", async (store) => ({ ...(await store.sizes()), limitBuckets: 0 }));
    for (const { accountId, verificationId } of this.#sent)
      await this.#both("look-up", (store) => store.findVerification(accountId, verificationId));
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  #one<T>(of: readonly T[]): T {
    return of[this.#below(of.length)] as T;
  }

  /** Asks one handle of each engine. */
  async #both<T>(what: string, ask: (store: Store, engine: number) => Promise<T>): Promise<readonly T[]> {
    const handle = this.#below(2);
    const answers = await Promise.all(this.#engines.map((handles, engine) => ask(handles[handle] as Store, engine)));
    const [ours, theirs] = answers.map(comparable);
    assert.deepEqual(theirs, ours, `seed ${this.#seed}, step ${this.#step}: ${what}`);
    return answers;
  }

  async #take(verb: Verb): Promise<void> {
    const key = this.#one(this.#keys);
    if (verb === "reserve") await this.#reserve(key);
    else if (verb === "resend") await this.#resend(key);
    else if (verb === "settle") await this.#settle();
    else if (verb === "verify") {
      const code = this.#one(["1", "2", "x", "x"]);
      const more = {
        idempotency: this.#claim(key, "verify-otp"),
        wrongCode: this.#one(["valid_false", "otp_invalid"] as const),
      };
      await this.#both("verify", (store) => new Caller(store, key).verify(code, more));
    } else if (verb === "cancel") {
      const idempotency = this.#claim(key, "cancel-otp");
      await this.#both("cancel", (store) => new Caller(store, key).cancel({ idempotency }));
    } else if (verb === "unlock") await this.#both("unlock", (store) => store.unlock(key));
    else if (verb === "learn") await this.#learn(key);
    else if (verb === "receipts") await this.#receipts();
    else if (verb === "sweep") await this.#both("sweep", async (store) => (await store.sweep(10_000, keeping)).ended);
    else if (verb === "erase") await this.#erase(key);
    else this.#clock.advance(this.#one(waits));
  }

  async #reserve(key: RecipientKey): Promise<void> {
    const idempotency = this.#claim(key, "send-otp");
    const input = new Caller(this.#engines[0]?.[0] as Store, key).reserveInput(this.#one(["1", "2"]), {
      idempotency,
      limits: this.#limits(key),
      ttlMs: this.#one([ttlMs, 10_000, bounds.ttlSeconds.max * 1000]),
      liveKeyIds: this.#one([[keyId], [keyId], ["k_other"]]),
    });
    this.#remember(key, input.leaseToken, idempotency, await this.#both("reserve", (store) => store.reserve(input)));
  }

  async #resend(key: RecipientKey): Promise<void> {
    const idempotency = this.#claim(key, "resend-otp");
    const input = new Caller(this.#engines[0]?.[0] as Store, key).resendInput({
      idempotency,
      limits: this.#limits(key),
    });
    this.#remember(
      key,
      input.leaseToken,
      idempotency,
      await this.#both("resend", (store) => store.reserveResend(input)),
    );
  }

  #remember(
    key: RecipientKey,
    leaseToken: string,
    idempotency: IdempotencyClaim | undefined,
    answers: readonly { kind: string }[],
  ): void {
    if (!answers.every(({ kind }) => kind === "reserved")) return;
    const reserved = answers as readonly Reservation[];
    this.#running.push({ key, leaseToken, idempotency, reserved });
    const { verificationId = "" } = reserved[0] ?? {};
    if (!this.#sent.some((each) => each.verificationId === verificationId))
      this.#sent.push({ accountId: key.accountId, verificationId });
  }

  /** Of any send that runs, also of one whose lease has ended long ago. */
  async #settle(): Promise<void> {
    const [running] = this.#running.splice(this.#below(this.#running.length), 1);
    if (!running) return;
    const { key, leaseToken, idempotency, reserved } = running;
    const result = this.#one<SettleResult>(["accepted", "accepted", "refused", "unknown"]);
    const messageId = this.#message();
    const at = new Date(this.#clock.now()).toISOString();
    const deliveries = [
      { at, operation: "send-otp" as const, gateway: "one", outcome: "accepted" as const, durationMs: 1, messageId },
    ];
    const messages = this.#below(3) === 0 ? [] : [{ gatewayId: "one", messageId }];
    const more = { reply: `{"sent":${this.#step}}`, idempotency, deliveries, messages };
    await this.#both("settle", (store, engine) =>
      new Caller(store, key).settle(reserved[engine] as Reservation, leaseToken, result, more),
    );
  }

  /** A gateway uses a message's id again now and then, but not within a millisecond. */
  #message(): string {
    const id = `m${this.#below(12)}`;
    const now = this.#clock.now();
    const messageId = this.#messages.get(id) === now ? `m${this.#step}-${this.#messages.size}` : id;
    this.#messages.set(messageId, now);
    return messageId;
  }

  async #receipts(): Promise<void> {
    const statuses = ["queued", "sent", "delivered", "undelivered", "unknown"] as const;
    const receipts = Array.from({ length: 1 + this.#below(3) }, () => ({
      messageId: `m${this.#below(13)}`,
      status: this.#one(statuses),
    }));
    await this.#both("receipts", (store) => store.recordReceipts("one", receipts));
  }

  async #learn({ serviceId }: RecipientKey): Promise<void> {
    const gateways = ["one", "two", "three"].slice(this.#below(3));
    const callingCode = this.#one(["91", "44"]);
    const increments = gateways.map((gateway) => ({
      serviceId,
      callingCode,
      gateway,
      sent: this.#below(5),
      verified: this.#below(3),
    }));
    await this.#both("learn", (store) => store.learn(increments));
    await this.#both("scores", (store) => store.gatewayScores(serviceId));
  }

  async #erase({ recipient, channel }: RecipientKey): Promise<void> {
    const accounts = new Set(this.#keys.map(({ accountId }) => accountId));
    const places = [...accounts].map((accountId) => ({
      accountId,
      hash: keyFor(accountId, accountId, recipient).hash,
    }));
    const reducedHash = keeping.reduce(recipient).hash;
    await this.#both("erase", (store) => store.erase({ channel, recipient, places, reducedHash }));
  }

  async #lookUp(): Promise<void> {
    const { accountId = "", verificationId = "" } = this.#sent.at(-1 - this.#below(6)) ?? {};
    await this.#both("look-up", (store) => store.findVerification(accountId, verificationId));
    if (this.#step % 4 === 0) await this.#both("key ids", async (store) => (await store.keyIdsInUse()).toSorted());
    const caller = new Caller(this.#engines[0]?.[0] as Store, this.#one(this.#keys));
    const claim = caller.claim(`k${this.#below(6)}`, "body 0", this.#one(["send-otp", "verify-otp"]));
    await this.#both("recall", (store) => store.recall(claim));
  }

  #claim({ accountId }: RecipientKey, operation: IdempotencyClaim["operation"]): IdempotencyClaim | undefined {
    if (this.#below(3) > 0) return undefined;
    const body = `body ${this.#below(5) === 0 ? 1 : 0}`;
    return { accountId, operation, key: `k${this.#below(6)}`, fingerprints: new Map([[keyId, macOf(body)]]) };
  }

  #limits({ accountId, serviceId }: RecipientKey) {
    const small: WindowLimit = { count: 2 + this.#below(4), windowMs: this.#one([1_000, 60_000, 3_600_000]) };
    const large: WindowLimit = { count: 1_600, windowMs: 60_000 };
    const shared = [
      { scope: "service" as const, subject: serviceId, limit: small },
      { scope: "account" as const, subject: accountId, limit: large },
    ];
    return {
      recipient: this.#one([defaults.recipientLimits, [], [small]]),
      shared: this.#one([[], shared, shared.slice(1)]),
    };
  }
}

/** Without the slots, which are an engine's own. */
function comparable(answer: unknown): unknown {
  if (typeof answer !== "object" || answer === null || !("counted" in answer)) return answer;
  return { ...answer, counted: (answer.counted as object[]).map((bucket) => ({ ...bucket, slot: 0 })) };
}
