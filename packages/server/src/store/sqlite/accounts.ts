/** Accounts, access keys and services in SQLite. */
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { WindowLimit } from "@antryk/contract";

import type { Access, AccessKey, Account, FirstAccount } from "../../model/account.ts";
import { type MessageSettings, plainMessages, type Route, type Service, type ServiceSettings } from "../../model/service.ts";

type Row = Record<string, unknown>;

export class Accounts {
  readonly #db: DatabaseSync;
  readonly #findAccess;
  readonly #findService;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#findAccess = db.prepare(
      `SELECT k.account_id, k.secret_hash, a.limits FROM access_key k JOIN account a ON a.id = k.account_id
       WHERE k.access_key = ? AND k.revoked_at IS NULL`,
    );
    this.#findService = db.prepare("SELECT * FROM service WHERE id = ?");
  }

  /** Runs inside the caller's transaction. */
  createFirst({ account, key, service }: FirstAccount): boolean {
    if (this.#db.prepare("SELECT 1 FROM account LIMIT 1").get()) return false;
    this.createAccount(account);
    this.createAccessKey(account.id, key.accessKey, key.secretHash, account.createdAt);
    this.createService(service);
    return true;
  }

  createAccount(account: Account): void {
    const { id, name, limits, createdAt } = account;
    this.#db
      .prepare("INSERT INTO account (id, name, limits, created_at) VALUES (?, ?, ?, ?)")
      .run(id, name, JSON.stringify(limits), createdAt);
  }

  updateAccount(id: string, limits: readonly WindowLimit[]): boolean {
    return this.#db.prepare("UPDATE account SET limits = ? WHERE id = ?").run(JSON.stringify(limits), id).changes > 0;
  }

  listAccounts(): Account[] {
    const rows: Row[] = this.#db.prepare("SELECT * FROM account ORDER BY created_at, id").all();
    return rows.map((row) => ({
      id: String(row.id),
      name: String(row.name),
      limits: limitsOf(row.limits),
      createdAt: Number(row.created_at),
    }));
  }

  createAccessKey(accountId: string, accessKey: string, secretHash: Buffer, now: number): boolean {
    const sql = "INSERT INTO access_key (access_key, account_id, secret_hash, created_at) SELECT ?, id, ?, ? FROM account WHERE id = ?";
    return this.#db.prepare(sql).run(accessKey, secretHash, now, accountId).changes > 0;
  }

  listAccessKeys(accountId: string | undefined): AccessKey[] {
    const rows: Row[] = this.#db
      .prepare("SELECT * FROM access_key WHERE ? IS NULL OR account_id = ? ORDER BY created_at, access_key")
      .all(accountId ?? null, accountId ?? null);
    return rows.map((row) => ({
      accessKey: String(row.access_key),
      accountId: String(row.account_id),
      createdAt: Number(row.created_at),
      revokedAt: row.revoked_at === null ? null : Number(row.revoked_at),
    }));
  }

  revokeAccessKey(accessKey: string, now: number): boolean {
    return (
      this.#db.prepare("UPDATE access_key SET revoked_at = coalesce(revoked_at, ?) WHERE access_key = ?").run(now, accessKey).changes > 0
    );
  }

  findAccess(accessKey: string): Access | undefined {
    const row: Row | undefined = this.#findAccess.get(accessKey);
    return (
      row && {
        accountId: String(row.account_id),
        secretHash: Buffer.from(row.secret_hash as Uint8Array),
        accountLimits: limitsOf(row.limits),
      }
    );
  }

  createService(service: Service): boolean {
    const cells: Record<string, SQLInputValue> = { id: service.id, created_at: service.createdAt, ...settingCells(service) };
    const names = Object.keys(cells);
    const sql = `INSERT INTO service (account_id, ${names.join(", ")}) SELECT id, ${names.map((name) => `:${name}`).join(", ")} FROM account WHERE id = :account_id`;
    return this.#db.prepare(sql).run({ ...cells, account_id: service.accountId }).changes > 0;
  }

  updateService(id: string, settings: ServiceSettings): boolean {
    const cells = settingCells(settings);
    const sets = Object.keys(cells).map((name) => `${name} = :${name}`);
    return this.#db.prepare(`UPDATE service SET ${sets.join(", ")} WHERE id = :id`).run({ ...cells, id }).changes > 0;
  }

  listServices(accountId: string | undefined): Service[] {
    const rows: Row[] = this.#db
      .prepare("SELECT * FROM service WHERE ? IS NULL OR account_id = ? ORDER BY created_at, id")
      .all(accountId ?? null, accountId ?? null);
    return rows.map(toService);
  }

  findService(id: string): Service | undefined {
    const row: Row | undefined = this.#findService.get(id);
    return row && toService(row);
  }
}

function limitsOf(json: unknown): WindowLimit[] {
  return JSON.parse(String(json)) as WindowLimit[];
}

function settingCells(settings: ServiceSettings): Record<string, SQLInputValue> {
  return {
    name: settings.name,
    brand: settings.brand,
    template: settings.template,
    message_settings: JSON.stringify(settings.messages),
    provider: settings.provider,
    sealed_config: settings.sealedConfig,
    code_length: settings.codeLength,
    ttl_seconds: settings.ttlSeconds,
    max_attempts: settings.maxAttempts,
    wrong_code: settings.wrongCode,
    recipient_limits: JSON.stringify(settings.recipientLimits),
    service_limits: JSON.stringify(settings.serviceLimits),
    client_limits: JSON.stringify(settings.clientLimits),
    routes: JSON.stringify(settings.routes),
    learn_routes: settings.learnRoutes ? 1 : 0,
  };
}

function toService(row: Row): Service {
  return {
    id: String(row.id),
    accountId: String(row.account_id),
    name: String(row.name),
    brand: row.brand === null ? null : String(row.brand),
    template: row.template === null ? null : String(row.template),
    messages: { ...plainMessages, ...(JSON.parse(String(row.message_settings)) as Partial<MessageSettings>) },
    provider: String(row.provider),
    sealedConfig: row.sealed_config === null ? null : String(row.sealed_config),
    codeLength: Number(row.code_length),
    ttlSeconds: Number(row.ttl_seconds),
    maxAttempts: Number(row.max_attempts),
    wrongCode: row.wrong_code === "otp_invalid" ? "otp_invalid" : "valid_false",
    recipientLimits: limitsOf(row.recipient_limits),
    serviceLimits: limitsOf(row.service_limits),
    clientLimits: limitsOf(row.client_limits),
    routes: JSON.parse(String(row.routes)) as Route[],
    learnRoutes: row.learn_routes === 1,
    createdAt: Number(row.created_at),
  };
}
