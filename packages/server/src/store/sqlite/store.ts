/** The embedded engine: SQLite through node:sqlite, WAL, every commit on disk before its answer. */
import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { bounds, retention, type WindowLimit } from "@antryk/contract";
import type { Access, AccessKey, Account, FirstAccount } from "../../model/account.ts";
import { StoreUnavailable } from "../../model/errors.ts";
import type { GatewayRecord, MessageReceipt } from "../../model/gateway.ts";
import type { IdempotencyClaim, IdempotencyConflict } from "../../model/idempotency.ts";
import { uuidFloor, uuidTime } from "../../model/ids.ts";
import type { RecipientKey } from "../../model/recipient.ts";
import type { GatewayScore, ScoreIncrement } from "../../model/score.ts";
import type { ReserveInput, ReserveOutcome, ReserveResendInput, ReserveResendOutcome, SettleInput } from "../../model/sending.ts";
import type { Service, ServiceSettings } from "../../model/service.ts";
import type { VerificationRecord } from "../../model/verification.ts";
import type { CancelInput, CancelOutcome, VerifyInput, VerifyOutcome } from "../../model/verifying.ts";
import type { Clock } from "../clock.ts";
import { steadyClock } from "../clock.ts";
import { loadMigrations } from "../migrations.ts";
import type { Store } from "../port.ts";
import type { BatchCounts, ErasedRows, HistoryKeeping, StoreSizes, SweepResult } from "../ports/upkeep.ts";
import { toRecord } from "../rules/record.ts";
import type { RecipientRow } from "../rules/row.ts";
import { decideReserve, decideReserveResend, type SendDecision } from "../rules/send.ts";
import { decideSettle } from "../rules/settle.ts";
import { decideCancel, decideVerify } from "../rules/verify.ts";
import { Accounts } from "./accounts.ts";
import { Batcher, isOutage } from "./batch.ts";
import { LimitBuckets } from "./buckets.ts";
import { eraseRecipient } from "./erase.ts";
import { Gateways } from "./gateways.ts";
import { History } from "./history.ts";
import { IdempotencyKeys } from "./idempotency.ts";
import { migrate } from "./migrate.ts";
import { ReducedHistory } from "./reduced-history.ts";
import { RecipientRows } from "./rows.ts";
import { Scores } from "./scores.ts";
import { sweepTables } from "./sweep.ts";

/** Longer busy waits would freeze the event loop; the batcher retries without blocking. */
const busyTimeoutMs = 20;

export interface SqliteOptions {
  /** File path, or `:memory:`. */
  readonly path: string;
  /** For tests; the default is wall time at start plus the monotonic clock. */
  readonly clock?: Clock;
}

export const sqliteMigrations = loadMigrations(new URL("./migrations/", import.meta.url));

/** Opens the file, making it (0600) and its folder where they are missing, and brings its schema up to date. */
export function openSqliteStore({ path, clock }: SqliteOptions): SqliteStore {
  if (path !== ":memory:") createPrivately(resolve(path));
  const db = new DatabaseSync(path, { timeout: 5_000, enableForeignKeyConstraints: true });
  try {
    db.exec(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16000; PRAGMA wal_autocheckpoint = 4000; PRAGMA temp_store = MEMORY",
    );
    migrate(db, sqliteMigrations);
    db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
    return new SqliteStore(db, clock ?? steadyClock(newestTime(db)));
  } catch (fault) {
    db.close();
    throw isOutage(fault) ? new StoreUnavailable(`the store ${path} can't be opened`, { cause: fault }) : fault;
  }
}

function createPrivately(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, "a", 0o600));
    chmodSync(path, 0o600);
  } catch (fault) {
    throw new StoreUnavailable(`the store ${path} can't be opened`, { cause: fault });
  }
}

/** The newest time that the store has seen; its clock never says an earlier one. Ids tell when codes were issued, rows of codes that may live what came after. */
function newestTime(db: DatabaseSync): number {
  const sql = `SELECT max(id) AS id FROM (SELECT max(verification_id) AS id FROM recipient WHERE verification_id IS NOT NULL
    UNION ALL SELECT max(verification_id) FROM verification_history)`;
  const id = db.prepare(sql).get()?.id;
  if (typeof id !== "string") return 0;
  const issued = uuidTime(id);
  const later = `SELECT max(max(coalesce(ended_at, 0), coalesce(tries ->> '$[#-1]', 0))) AS at FROM recipient WHERE verification_id > ?`;
  return Math.max(issued, Number(db.prepare(later).get(uuidFloor(issued - bounds.ttlSeconds.max * 1000))?.at));
}

export class SqliteStore implements Store {
  readonly engine = "sqlite";
  readonly #db: DatabaseSync;
  readonly #clock: Clock;
  readonly #batch: Batcher;
  readonly #recipients: RecipientRows;
  readonly #history: History;
  readonly #reduced: ReducedHistory;
  readonly #idempotency: IdempotencyKeys;
  readonly #buckets: LimitBuckets;
  readonly #accounts: Accounts;
  readonly #gateways: Gateways;
  readonly #scores: Scores;

  constructor(db: DatabaseSync, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
    this.#batch = new Batcher(db);
    this.#recipients = new RecipientRows(db);
    this.#history = new History(db);
    this.#reduced = new ReducedHistory(db);
    this.#idempotency = new IdempotencyKeys(db);
    this.#buckets = new LimitBuckets(db);
    this.#accounts = new Accounts(db);
    this.#gateways = new Gateways(db);
    this.#scores = new Scores(db);
  }

  now(): number {
    return this.#clock.now();
  }

  reserve(input: ReserveInput): Promise<ReserveOutcome> {
    return this.#reserveBy(input, (row, now) =>
      decideReserve(row, input, now, (shared) => this.#buckets.read(input.accountId, shared, now)),
    );
  }

  reserveResend(input: ReserveResendInput): Promise<ReserveResendOutcome> {
    return this.#reserveBy(input, (row, now) =>
      decideReserveResend(row, input, now, (shared) => this.#buckets.read(input.accountId, shared, now)),
    );
  }

  settle(input: SettleInput): Promise<void> {
    return this.#batch.run(() => {
      for (const message of input.messages) this.#gateways.name(message, input.verificationId, this.now());
      const slot = this.#recipients.find(input);
      const { row, restored } = decideSettle(slot.row, input);
      if (restored) this.#history.remove(restored);
      this.#recipients.write(input, slot, row);
      if (input.result === "refused") for (const bucket of input.counted) this.#buckets.giveBack(input.accountId, bucket);
      if (!input.idempotency) return;
      if (input.result === "accepted")
        this.#idempotency.finish(input.idempotency, input.leaseToken, input.reply, this.now() + retention.sendReplyMs);
      else this.#idempotency.release(input.idempotency, input.leaseToken);
    });
  }

  verify(input: VerifyInput): Promise<VerifyOutcome> {
    return this.#batch.run(() => {
      const now = this.now();
      const conflict = input.idempotency && this.#idempotency.conflict(input.idempotency, now);
      if (conflict) return conflict;
      const slot = this.#recipients.find(input);
      const { outcome, row } = decideVerify(slot.row, input, now);
      if (row) this.#recipients.write(input, slot, row);
      if (input.idempotency && outcome.kind === "compared") {
        this.#idempotency.store(input.idempotency, JSON.stringify(outcome), Math.min(outcome.expiresAt, now + retention.verifyReplyMs));
      }
      return outcome;
    });
  }

  cancel(input: CancelInput): Promise<CancelOutcome> {
    return this.#batch.run(() => {
      const now = this.now();
      const conflict = input.idempotency && this.#idempotency.conflict(input.idempotency, now);
      if (conflict) return conflict;
      const slot = this.#recipients.find(input);
      const { outcome, row } = decideCancel(slot.row, now);
      if (row) this.#recipients.write(input, slot, row);
      if (input.idempotency && outcome.kind === "cancelled") {
        this.#idempotency.store(input.idempotency, JSON.stringify(outcome), now + retention.sendReplyMs);
      }
      return outcome;
    });
  }

  recall(claim: IdempotencyClaim): Promise<IdempotencyConflict | undefined> {
    return this.#read(() => this.#idempotency.conflict(claim, this.now()));
  }

  findVerification(accountId: string, verificationId: string): Promise<VerificationRecord | undefined> {
    return this.#read(() => {
      const now = this.now();
      const found = this.#recipients.findByVerification(verificationId);
      const living = found?.slot.row.verification;
      const record = living ? toRecord(found.key, living, now) : this.#history.find(verificationId, now);
      return record?.accountId === accountId ? record : undefined;
    });
  }

  unlock(key: RecipientKey): Promise<boolean> {
    return this.#batch.run(() => {
      const slot = this.#recipients.find(key);
      if (slot.rowId === undefined) return false;
      this.#recipients.write(key, slot, { ...slot.row, wrongUntil: 0 });
      return true;
    });
  }

  createFirstAccount(first: FirstAccount): Promise<boolean> {
    return this.#batch.run(() => this.#accounts.createFirst(first));
  }

  createAccount(account: Account): Promise<void> {
    return this.#batch.run(() => this.#accounts.createAccount(account));
  }

  updateAccount(id: string, limits: readonly WindowLimit[]): Promise<boolean> {
    return this.#batch.run(() => this.#accounts.updateAccount(id, limits));
  }

  listAccounts(): Promise<Account[]> {
    return this.#read(() => this.#accounts.listAccounts());
  }

  createAccessKey(accountId: string, accessKey: string, secretHash: Buffer): Promise<boolean> {
    return this.#batch.run(() => this.#accounts.createAccessKey(accountId, accessKey, secretHash, this.now()));
  }

  listAccessKeys(accountId: string | undefined): Promise<AccessKey[]> {
    return this.#read(() => this.#accounts.listAccessKeys(accountId));
  }

  revokeAccessKey(accessKey: string): Promise<boolean> {
    return this.#batch.run(() => this.#accounts.revokeAccessKey(accessKey, this.now()));
  }

  findAccess(accessKey: string): Promise<Access | undefined> {
    return this.#read(() => this.#accounts.findAccess(accessKey));
  }

  createService(service: Service): Promise<boolean> {
    return this.#batch.run(() => this.#accounts.createService(service));
  }

  updateService(id: string, settings: ServiceSettings): Promise<boolean> {
    return this.#batch.run(() => this.#accounts.updateService(id, settings));
  }

  listServices(accountId: string | undefined): Promise<Service[]> {
    return this.#read(() => this.#accounts.listServices(accountId));
  }

  findService(id: string): Promise<Service | undefined> {
    return this.#read(() => this.#accounts.findService(id));
  }

  createGateway(gateway: GatewayRecord): Promise<boolean> {
    return this.#batch.run(() => this.#gateways.create(gateway));
  }

  removeGateway(name: string): Promise<boolean> {
    return this.#batch.run(() => this.#gateways.remove(name));
  }

  listGateways(): Promise<GatewayRecord[]> {
    return this.#read(() => this.#gateways.list());
  }

  recordReceipts(gatewayId: string, receipts: readonly MessageReceipt[]): Promise<number> {
    return this.#batch.run(() => receipts.filter((receipt) => this.#gateways.record(gatewayId, receipt, this.now())).length);
  }

  learn(increments: readonly ScoreIncrement[]): Promise<void> {
    return this.#batch.run(() => this.#scores.learn(increments, this.now()));
  }

  gatewayScores(serviceId: string): Promise<GatewayScore[]> {
    return this.#read(() => this.#scores.of(serviceId));
  }

  /** A write of its own, so that a full disk or a lock shows. */
  ping(): Promise<void> {
    return this.#batch.run(() => {
      this.#db.prepare("INSERT OR REPLACE INTO ping (id, at) VALUES (1, ?)").run(this.now());
    });
  }

  erase(recipient: string, hash: Buffer): Promise<ErasedRows> {
    return eraseRecipient(this.#db, this.#batch, recipient, hash);
  }

  sweep(limit: number, keeping?: HistoryKeeping): Promise<SweepResult> {
    const tables = {
      recipients: this.#recipients,
      history: this.#history,
      reduced: this.#reduced,
      idempotency: this.#idempotency,
      buckets: this.#buckets,
      gateways: this.#gateways,
      scores: this.#scores,
    };
    return this.#batch.run(() => sweepTables(tables, this.now(), limit, keeping));
  }

  keyIdsInUse(): Promise<string[]> {
    const sql = "SELECT DISTINCT key_id FROM recipient WHERE nonce IS NOT NULL AND expires_at > ?";
    return this.#read(() =>
      this.#db
        .prepare(sql)
        .all(this.now())
        .map((row) => String(row.key_id)),
    );
  }

  sizes(): Promise<StoreSizes> {
    const count = (table: string) => Number(this.#db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n);
    return this.#read(() => ({
      recipients: count("recipient"),
      history: count("verification_history"),
      reducedHistory: count("verification_history_reduced"),
      idempotencyKeys: count("idempotency_key"),
      limitBuckets: count("limit_bucket"),
    }));
  }

  batches(): BatchCounts {
    return this.#batch.counts;
  }

  async close(): Promise<void> {
    await this.#batch.drain();
    if (this.#db.isOpen) this.#db.close();
  }

  #reserveBy<Outcome extends ReserveOutcome | ReserveResendOutcome>(
    input: ReserveInput | ReserveResendInput,
    decide: (row: RecipientRow, now: number) => SendDecision<Outcome>,
  ): Promise<Outcome | IdempotencyConflict> {
    return this.#batch.run(() => {
      const now = this.now();
      const conflict = input.idempotency && this.#idempotency.conflict(input.idempotency, now);
      if (conflict) return conflict;
      const slot = this.#recipients.find(input);
      const { outcome, row, ended } = decide(slot.row, now);
      if (outcome.kind !== "reserved" || !row) return outcome;
      if (ended) this.#history.add(input, ended);
      this.#recipients.write(input, slot, row);
      for (const bucket of outcome.counted) this.#buckets.count(input.accountId, bucket);
      if (input.idempotency) this.#idempotency.begin(input.idempotency, input.leaseToken, row.leaseUntil);
      return outcome;
    });
  }

  /** Reads see what is committed; they wait for no batch. */
  #read<T>(work: () => T): Promise<T> {
    try {
      return Promise.resolve(work());
    } catch (fault) {
      return Promise.reject(isOutage(fault) ? new StoreUnavailable("the store can't be read", { cause: fault }) : fault);
    }
  }
}
