/** The engine for many server processes: PostgreSQL 14 or newer, each batch of calls one round trip. */
import { bounds, defaults, learning, retention, type WindowLimit } from "@antryk/contract";
import type { Access, AccessKey, Account, FirstAccount } from "../../model/account.ts";
import { StoreMissing, StoreUnavailable } from "../../model/errors.ts";
import type { GatewayRecord, MessageReceipt } from "../../model/gateway.ts";
import type { IdempotencyClaim, IdempotencyConflict } from "../../model/idempotency.ts";
import type { RecipientKey } from "../../model/recipient.ts";
import type { GatewayScore, ScoreIncrement } from "../../model/score.ts";
import type {
  Reservation,
  ReserveInput,
  ReserveOutcome,
  ReserveResendInput,
  ReserveResendOutcome,
  SettleInput,
} from "../../model/sending.ts";
import type { Service, ServiceSettings } from "../../model/service.ts";
import type { VerificationRecord } from "../../model/verification.ts";
import type { CancelInput, CancelOutcome, VerifyInput, VerifyOutcome } from "../../model/verifying.ts";
import type { Clock } from "../clock.ts";
import { loadMigrations } from "../migrations.ts";
import type { Store } from "../port.ts";
import type { BatchCounts, ErasedRows, HistoryKeeping, StoreSizes, SweepResult } from "../ports/upkeep.ts";
import { idempotencyConflict } from "../rules/idempotency.ts";
import { Accounts } from "./accounts.ts";
import { type Answer, type Batch, Batcher, callPatienceMs, type PlainBatch } from "./batch.ts";
import { Connections } from "./connections.ts";
import { DatabaseClock } from "./database-clock.ts";
import { kindOf, NotSent, unavailable } from "./faults.ts";
import { Gateways } from "./gateways.ts";
import { HistoryDays } from "./history-days.ts";
import { cancelItem, resendItem, reserveItem, settleItem, verifyItem } from "./items.ts";
import { findVerification } from "./look-up.ts";
import { migrate, schemaNumber } from "./migrate.ts";
import { type PlainRow, plainArrays, plainReply } from "./plain.ts";
import { eraseRecipient, reduceHistory } from "./retention.ts";
import { Scores } from "./scores.ts";
import { type PostgresTarget, targetLabel } from "./target.ts";

export interface PostgresOptions {
  readonly target: PostgresTarget;
  /** Connections at most; a quarter of them carry batches. */
  readonly connections?: number;
  /** Calls per round trip at most. */
  readonly batchSize?: number;
  /** `false`: a database without the schema is StoreMissing, so that a slip makes no new installation. The default is to make it. */
  readonly create?: boolean;
  /** How long a database that is being started is waited for. */
  readonly patienceMs?: number;
  /** For tests: how long a call waits, or meets an outage, before it gets StoreUnavailable. */
  readonly callPatienceMs?: number;
  /** For tests: decides instead of the database's clock. */
  readonly clock?: Clock;
}

/** Bounds and defaults of the options. */
export const postgresDefaults = { connections: 4, batchSize: 64, patienceMs: 5_000 } as const;

export const postgresMigrations = loadMigrations(new URL("./migrations/", import.meta.url));

const openRestMs = 100;

/** The product's values, for the functions in the database (antryk_rules): they stand in the contract package alone. */
const rules = JSON.stringify({
  tries_count: defaults.recipientTries.count,
  tries_window_ms: defaults.recipientTries.windowMs,
  wrong_codes_count: defaults.wrongCodes.count,
  wrong_codes_window_ms: defaults.wrongCodes.windowMs,
  wrong_code_interval_ms: defaults.wrongCodes.windowMs / defaults.wrongCodes.count,
  cooldowns_ms: defaults.resendCooldownSeconds.map((seconds) => seconds * 1000),
  ended_otp_ms: retention.endedOtpMs,
  longest_ttl_ms: bounds.ttlSeconds.max * 1000,
  send_reply_ms: retention.sendReplyMs,
  verify_reply_ms: retention.verifyReplyMs,
});

/** Connects, and brings the schema up to date. Throws StoreUnavailable, SchemaTooNew, StoreMissing. */
export async function openPostgresStore(options: PostgresOptions): Promise<PostgresStore> {
  const connections = new Connections(options.target, options.connections ?? postgresDefaults.connections);
  try {
    await migratePatiently(connections, options);
    const store = new PostgresStore(connections, options);
    await store.start();
    return store;
  } catch (fault) {
    await connections.close();
    throw kindOf(fault) === "outage" && !(fault instanceof StoreUnavailable) ? unavailable(fault) : fault;
  }
}

async function migratePatiently(
  connections: Connections,
  { create = true, target, patienceMs = postgresDefaults.patienceMs }: PostgresOptions,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      if (!create && (await schemaNumber(connections)) === 0) throw new StoreMissing(`there is no store in ${targetLabel(target)}`);
      await migrate(connections, postgresMigrations);
      return;
    } catch (fault) {
      if (!(fault instanceof NotSent) || performance.now() >= deadline) throw fault;
      await new Promise((resolve) => setTimeout(resolve, openRestMs));
    }
  }
}

export class PostgresStore implements Store {
  readonly engine = "postgres";
  readonly #connections: Connections;
  readonly #batcher: Batcher;
  readonly #accounts: Accounts;
  readonly #gateways: Gateways;
  readonly #scores: Scores;
  readonly #historyDays: HistoryDays;
  readonly #clock: Clock | undefined;
  readonly #databaseClock = new DatabaseClock();

  constructor(connections: Connections, options: PostgresOptions) {
    const { connections: size = postgresDefaults.connections, batchSize = postgresDefaults.batchSize, clock } = options;
    this.#connections = connections;
    this.#clock = clock;
    this.#accounts = new Accounts(connections);
    this.#gateways = new Gateways(connections, options.callPatienceMs ?? callPatienceMs);
    this.#scores = new Scores(connections);
    this.#historyDays = new HistoryDays(connections);
    this.#batcher = new Batcher({
      lanes: Math.max(1, size >> 2),
      size: batchSize,
      patienceMs: options.callPatienceMs ?? callPatienceMs,
      send: (batch) => this.#send(batch),
      sendPlain: (batch) => this.#sendPlain(batch),
    });
  }

  /** Learns the database's time and makes the history's next days. */
  async start(): Promise<void> {
    await this.#learnTime();
    await this.#historyDays.keep(this.now(), this.#given());
  }

  now(): number {
    return (this.#clock ?? this.#databaseClock).now();
  }

  reserve(input: ReserveInput): Promise<ReserveOutcome> {
    return this.#batcher.run<Sent<ReserveOutcome>>(reserveItem(input)).then(toReservation);
  }

  async reserveResend(input: ReserveResendInput): Promise<ReserveResendOutcome> {
    if (!isKnowable(input)) return { kind: "not_found" };
    return toReservation(await this.#batcher.run<Sent<ReserveResendOutcome>>(resendItem(input)));
  }

  async settle(input: SettleInput): Promise<void> {
    const named =
      input.messages.length > 0 ? this.#gateways.name(input.accountId, input.messages, input.verificationId, this.now()) : undefined;
    await Promise.all([this.#batcher.run(settleItem(input)), named]);
  }

  verify(input: VerifyInput): Promise<VerifyOutcome> {
    return isKnowable(input) ? this.#batcher.run(verifyItem(input)) : Promise.resolve({ kind: "not_found" });
  }

  cancel(input: CancelInput): Promise<CancelOutcome> {
    return isKnowable(input) ? this.#batcher.run(cancelItem(input)) : Promise.resolve({ kind: "not_found" });
  }

  async recall(claim: IdempotencyClaim): Promise<IdempotencyConflict | undefined> {
    if (!isUuid(claim.accountId)) return undefined;
    const [row] = await this.#connections.ask<{
      key_id: string;
      fingerprint: Buffer;
      reply: string | null;
      expires_at: string;
      at: string;
    }>(
      `SELECT key_id, fingerprint, reply, expires_at, coalesce($4, antryk_now()) AS at FROM idempotency_key
       WHERE account_id = $1 AND operation = $2 AND key = $3`,
      [claim.accountId, claim.operation, claim.key, this.#given()],
    );
    if (!row) return undefined;
    const { key_id: keyId, fingerprint, reply, expires_at: expiresAt, at } = row;
    return idempotencyConflict({ keyId, fingerprint, reply, expiresAt: Number(expiresAt) }, claim, Number(at));
  }

  async findVerification(accountId: string, verificationId: string): Promise<VerificationRecord | undefined> {
    return isUuid(accountId) && isUuid(verificationId)
      ? findVerification(this.#connections, accountId, verificationId, this.#given())
      : undefined;
  }

  async unlock(key: RecipientKey): Promise<boolean> {
    if (!isKnowable(key)) return false;
    const rows = await this.#connections.ask(
      "UPDATE recipient SET wrong_until = 0 WHERE account_id = $1 AND service_id = $2 AND recipient = $3 RETURNING 1",
      [key.accountId, key.serviceId, key.recipient],
    );
    return rows.length > 0;
  }

  async createFirstAccount(first: FirstAccount): Promise<boolean> {
    try {
      return await this.#accounts.createFirst(first);
    } catch (fault) {
      throw kindOf(fault) === "outage" ? unavailable(fault) : fault;
    }
  }

  createAccount(account: Account): Promise<void> {
    return this.#accounts.createAccount(account);
  }

  updateAccount(id: string, limits: readonly WindowLimit[]): Promise<boolean> {
    return this.#accounts.updateAccount(id, limits);
  }

  listAccounts(): Promise<Account[]> {
    return this.#accounts.listAccounts();
  }

  createAccessKey(accountId: string, accessKey: string, secretHash: Buffer): Promise<boolean> {
    return this.#accounts.createAccessKey(accountId, accessKey, secretHash, this.now());
  }

  listAccessKeys(accountId: string | undefined): Promise<AccessKey[]> {
    return this.#accounts.listAccessKeys(accountId);
  }

  revokeAccessKey(accessKey: string): Promise<boolean> {
    return this.#accounts.revokeAccessKey(accessKey, this.now());
  }

  findAccess(accessKey: string): Promise<Access | undefined> {
    return this.#accounts.findAccess(accessKey);
  }

  createService(service: Service): Promise<boolean> {
    return this.#accounts.createService(service);
  }

  updateService(id: string, settings: ServiceSettings): Promise<boolean> {
    return this.#accounts.updateService(id, settings);
  }

  listServices(accountId: string | undefined): Promise<Service[]> {
    return this.#accounts.listServices(accountId);
  }

  findService(id: string): Promise<Service | undefined> {
    return this.#accounts.findService(id);
  }

  createGateway(gateway: GatewayRecord): Promise<boolean> {
    return this.#gateways.create(gateway);
  }

  removeGateway(name: string): Promise<boolean> {
    return this.#gateways.remove(name);
  }

  listGateways(): Promise<GatewayRecord[]> {
    return this.#gateways.list();
  }

  async recordReceipts(gatewayId: string, receipts: readonly MessageReceipt[]): Promise<number> {
    let known = 0;
    for (const receipt of receipts) if (await this.#gateways.record(gatewayId, receipt, this.now())) known += 1;
    return known;
  }

  learn(increments: readonly ScoreIncrement[]): Promise<void> {
    return this.#scores.learn(increments, this.now());
  }

  gatewayScores(serviceId: string): Promise<GatewayScore[]> {
    return this.#scores.of(serviceId);
  }

  /** A write of its own, so that a full disk or a standby shows. */
  async ping(): Promise<void> {
    await this.#connections.ask("INSERT INTO ping (id, at) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET at = excluded.at", [this.now()]);
    await this.#learnTime();
  }

  erase(recipient: string, hash: Buffer): Promise<ErasedRows> {
    return this.#asked(() => eraseRecipient(this.#connections, recipient, hash));
  }

  async sweep(limit: number, keeping?: HistoryKeeping): Promise<SweepResult> {
    await this.#historyDays.keep(this.now(), this.#given());
    const dropped = await this.#historyDays.drop(keeping, this.now(), this.#given());
    const [swept] = await this.#connections.ask<{ ended: number; removed: number; more: boolean }>(
      "SELECT ended, removed, more FROM antryk_sweep($1, json_populate_record(NULL::antryk_rules, $2), $3)",
      [limit, rules, this.#given()],
    );
    const { ended, removed, more } = swept ?? { ended: 0, removed: 0, more: false };
    const { reduced, removed: over } = keeping
      ? await this.#asked(() => reduceHistory(this.#connections, keeping, this.now(), limit))
      : { reduced: 0, removed: 0 };
    const messages = await this.#gateways.removeOver(this.now(), limit);
    const scores = await this.#scores.removeBefore(this.now() - learning.forgetMs, limit);
    const steps = [messages, reduced, over, scores];
    return { ended, removed: removed + dropped + messages + over + scores, more: more || steps.includes(limit) };
  }

  async keyIdsInUse(): Promise<string[]> {
    // A code that is open was issued less than a day ago, however often it was said again.
    const rows = await this.#connections.ask<{ key_id: string }>(
      `SELECT DISTINCT key_id FROM recipient
       WHERE verification_id >= antryk_uuid_floor($1::bigint - $2::bigint) AND nonce IS NOT NULL AND expires_at > $1::bigint`,
      [this.now(), retention.endedOtpMs],
    );
    return rows.map((row) => row.key_id);
  }

  async sizes(): Promise<StoreSizes> {
    const [counts] = await this.#connections.ask<Record<"recipients" | "history" | "reduced" | "keys" | "buckets", string>>(
      `SELECT (SELECT count(*) FROM recipient) AS recipients, (SELECT count(*) FROM verification_history) AS history,
         (SELECT count(*) FROM verification_history_reduced) AS reduced, (SELECT count(*) FROM idempotency_key) AS keys, (SELECT count(*) FROM limit_bucket) AS buckets`,
    );
    return {
      recipients: Number(counts?.recipients),
      history: Number(counts?.history),
      reducedHistory: Number(counts?.reduced),
      idempotencyKeys: Number(counts?.keys),
      limitBuckets: Number(counts?.buckets),
    };
  }

  batches(): BatchCounts {
    return this.#batcher.counts;
  }

  async close(): Promise<void> {
    await this.#batcher.drain();
    await this.#connections.close();
  }

  async #send({ items, locks }: Batch): Promise<readonly Answer[]> {
    const sentAt = performance.now();
    const [row] = await this.#connections.query<{ answer: { at: number; outcomes: Answer[] } }>(
      "SELECT antryk_apply($1, $2, $3, $4) AS answer",
      [items, rules, JSON.stringify(locks), this.#given()],
    );
    if (!row) throw new StoreUnavailable("the store gave no answer");
    this.#databaseClock.learn(row.answer.at, sentAt, performance.now());
    return row.answer.outcomes;
  }

  async #sendPlain({ calls, locks }: PlainBatch): Promise<readonly (Answer | undefined)[]> {
    const sentAt = performance.now();
    const { sends, settles, tries } = plainArrays(calls);
    const [row] = await this.#connections.query<PlainRow>("SELECT * FROM antryk_apply_plain($1, $2, $3, $4, $5, $6, $7)", [
      sends,
      settles,
      tries,
      calls.some(({ keyed }) => keyed),
      rules,
      locks,
      this.#given(),
    ]);
    if (!row) throw new StoreUnavailable("the store gave no answer");
    const reply = plainReply(row);
    this.#databaseClock.learn(reply.at, sentAt, performance.now());
    return calls.map((call, at) => call.answer(reply, at + 1));
  }

  async #learnTime(): Promise<void> {
    const sentAt = performance.now();
    const [row] = await this.#connections.ask<{ at: string }>("SELECT antryk_now() AS at");
    this.#databaseClock.learn(Number(row?.at), sentAt, performance.now());
  }

  /** Throws StoreUnavailable where the database is gone. */
  async #asked<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (fault) {
      throw kindOf(fault) === "outage" ? unavailable(fault) : fault;
    }
  }

  #given(): number | null {
    return this.#clock?.now() ?? null;
  }
}

/** A reservation's nonce is in hexadecimal where JSON brought it. */
type Sent<Outcome> = Exclude<Outcome, Reservation> | (Omit<Reservation, "nonce"> & { readonly nonce: string | Buffer });

function toReservation<Outcome extends { readonly kind: string }>(sent: Sent<Outcome>): Outcome {
  if (sent.kind !== "reserved") return sent as unknown as Outcome;
  const reserved = sent as Omit<Reservation, "nonce"> & { readonly nonce: string | Buffer };
  if (typeof reserved.nonce !== "string") return reserved as unknown as Outcome;
  return { ...reserved, nonce: Buffer.from(reserved.nonce, "hex") } as unknown as Outcome;
}

const uuidShape = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function isUuid(id: string): boolean {
  return uuidShape.test(id);
}

/** Whether there can be a row with this key at all: ids of accounts and services are UUIDs. */
function isKnowable({ accountId, serviceId }: RecipientKey): boolean {
  return isUuid(accountId) && isUuid(serviceId);
}
