/** What an engine gives the suite, and the inputs that its tests are written with. */
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { test } from "node:test";
import { defaults } from "@antryk/contract";
import type { IdempotencyClaim } from "../../../server/src/model/idempotency.ts";
import { newLeaseToken, newVerificationId } from "../../../server/src/model/ids.ts";
import { bucketOf, type RecipientKey } from "../../../server/src/model/recipient.ts";
import type {
  Reservation,
  ReserveInput,
  ReserveResendInput,
  SettleInput,
  SettleResult,
} from "../../../server/src/model/sending.ts";
import type { CancelInput, VerifyInput } from "../../../server/src/model/verifying.ts";
import type { Engine as StoreEngine } from "../../../server/src/store/engine.ts";
import type { Store } from "../../../server/src/store/port.ts";
import { hash48 } from "../../../server/src/store/rules/kinds.ts";

/** A fresh, empty store under a clock that the test moves. */
export interface OpenedStore {
  readonly store: Store;
  advance(ms: number): void;
  /** Another handle on the same data, as a second process would have. */
  another(): Promise<Store>;
  /** The engine of another handle, for calls that no verb makes. */
  anotherEngine(): Promise<StoreEngine>;
  /** From now on the name of a message can't be written; what it returns heals that. */
  breakMessageNames(): Promise<() => Promise<void>>;
  /** The text of a row of `item`, by its key; `undefined`: there is none. */
  text(key: Buffer): Promise<string | undefined>;
  /** Writes something else into a row of `item`, as another write of it; into the rows of all counters without a key. */
  mangle(text: string, key?: Buffer): Promise<void>;
  /** Every row of every table, as text; bytes as hexadecimal. */
  rows(): Promise<string>;
  close(): Promise<void>;
}

/** An engine under test. */
export interface Engine {
  readonly name: string;
  open(): Promise<OpenedStore>;
}

export const keyId = "k_test";
export const leaseMs = 13_000;
export const ttlMs = defaults.ttlSeconds * 1000;

let recipients = 10_000_000;

/** Of an account, a service and a recipient that no other test of this process has. */
export function newKey(): RecipientKey {
  recipients += 1;
  return keyFor(randomUUID(), randomUUID(), `+9198${recipients}`);
}

/** As the heart makes it, but for the keyring. */
export function keyFor(accountId: string, serviceId: string, recipient: string): RecipientKey {
  return { accountId, serviceId, channel: "sms", recipient, hash: hash48(`${accountId} sms ${recipient}`) };
}

/** Stands for the keyed hash of a code. */
export function macOf(code: string): Buffer {
  return createHash("sha256").update(code).digest();
}

/** Calls of the port with what a test does not care about filled in. */
export class Caller {
  readonly store: Store;
  readonly key: RecipientKey;

  constructor(store: Store, key: RecipientKey = newKey()) {
    this.store = store;
    this.key = key;
  }

  reserveInput(code: string, more: Partial<ReserveInput> = {}): ReserveInput {
    return {
      ...this.key,
      fresh: {
        verificationId: newVerificationId(this.store.now(), bucketOf(this.key.hash)),
        keyId,
        nonce: randomBytes(16),
        mac: macOf(code),
        codeLength: 6,
        maxAttempts: defaults.maxAttempts,
        isTest: false,
      },
      leaseToken: newLeaseToken(),
      leaseMs,
      ttlMs,
      metadata: "",
      liveKeyIds: [keyId],
      limits: { recipient: defaults.recipientLimits, shared: [] },
      idempotency: undefined,
      ...more,
    };
  }

  reserve(code: string, more: Partial<ReserveInput> = {}) {
    return this.store.reserve(this.reserveInput(code, more));
  }

  /** Reserves and settles; throws if the reservation is refused. */
  async send(code: string, result: SettleResult = "accepted", more: Partial<ReserveInput> = {}): Promise<Reservation> {
    const input = this.reserveInput(code, more);
    const reserved = await this.store.reserve(input);
    if (reserved.kind !== "reserved") throw new Error(`the send was answered ${reserved.kind}`);
    await this.settle(reserved, input.leaseToken, result, input.idempotency ? { idempotency: input.idempotency } : {});
    return reserved;
  }

  settle(
    reserved: Reservation,
    leaseToken: string,
    result: SettleResult,
    more: Partial<SettleInput> = {},
  ): Promise<void> {
    const { reservedAt, counted } = reserved;
    const outcome = result === "accepted" ? "accepted" : result === "unknown" ? "unknown" : "refused";
    const deliveries = [
      {
        at: new Date(reservedAt).toISOString(),
        operation: "send-otp" as const,
        gateway: "test",
        outcome: outcome as "accepted",
        durationMs: 1,
      },
    ];
    return this.store.settle({
      ...this.key,
      leaseToken,
      result,
      reservedAt,
      counted,
      deliveries,
      verificationId: reserved.verificationId,
      messages: [],
      idempotency: undefined,
      reply: '{"reply":1}',
      ...more,
    });
  }

  resendInput(more: Partial<ReserveResendInput> = {}): ReserveResendInput {
    return {
      ...this.key,
      isTest: false,
      leaseToken: newLeaseToken(),
      leaseMs,
      limits: { recipient: defaults.recipientLimits, shared: [] },
      idempotency: undefined,
      ...more,
    };
  }

  async resend(result: SettleResult = "accepted", more: Partial<ReserveResendInput> = {}) {
    const input = this.resendInput(more);
    const reserved = await this.store.reserveResend(input);
    if (reserved.kind === "reserved") await this.settle(reserved, input.leaseToken, result);
    return reserved;
  }

  verify(code: string, more: Partial<VerifyInput> = {}) {
    return this.store.verify({
      ...this.key,
      isTest: false,
      candidates: new Map([[keyId, macOf(code)]]),
      wrongCode: "valid_false",
      idempotency: undefined,
      ...more,
    });
  }

  cancel(more: Partial<CancelInput> = {}) {
    return this.store.cancel({ ...this.key, idempotency: undefined, ...more });
  }

  claim(key: string, body = "body", operation: IdempotencyClaim["operation"] = "send-otp"): IdempotencyClaim {
    return { accountId: this.key.accountId, operation, key, fingerprints: new Map([[keyId, macOf(body)]]) };
  }
}

/** `test` over a new store, closed whatever happens. */
export function storeTest(engine: Engine) {
  return (name: string, body: (caller: Caller, opened: OpenedStore) => Promise<void>): void => {
    test(`${engine.name}: ${name}`, async () => {
      const opened = await engine.open();
      try {
        await body(new Caller(opened.store), opened);
      } finally {
        await opened.close();
      }
    });
  };
}
