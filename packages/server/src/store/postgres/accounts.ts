/** Accounts, access keys and services in PostgreSQL. */
import type { WindowLimit } from "@antryk/contract";

import type { Access, AccessKey, Account, FirstAccount } from "../../model/account.ts";
import { type MessageSettings, plainMessages, type Route, type Service, type ServiceSettings } from "../../model/service.ts";

import type { Connections } from "./connections.ts";

type Row = Record<string, unknown>;

const settingColumns = [
  "name",
  "brand",
  "template",
  "message_settings",
  "provider",
  "sealed_config",
  "code_length",
  "ttl_seconds",
  "max_attempts",
  "wrong_code",
  "recipient_limits",
  "service_limits",
  "client_limits",
  "routes",
  "learn_routes",
];

const insertAccount = "INSERT INTO account (id, name, limits, created_at) VALUES ($1, $2, $3, $4)";
const insertKey = `INSERT INTO access_key (access_key, account_id, secret_hash, created_at)
  SELECT $1, id, $2, $3 FROM account WHERE id = $4 RETURNING access_key`;
const insertService = `INSERT INTO service (account_id, id, created_at, ${settingColumns.join(", ")})
  SELECT id, $2, $3::bigint, ${settingColumns.map((_, at) => `$${at + 4}${settingType(at)}`).join(", ")} FROM account WHERE id = $1 RETURNING id`;

function settingType(at: number): string {
  const name = settingColumns[at] ?? "";
  if (name.endsWith("_limits") || name === "message_settings" || name === "routes") return "::jsonb";
  if (name === "learn_routes") return "::boolean";
  return ["code_length", "ttl_seconds", "max_attempts"].includes(name) ? "::integer" : "::text";
}

export class Accounts {
  readonly #connections: Connections;

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  createFirst({ account, key, service }: FirstAccount): Promise<boolean> {
    return this.#connections.transaction(async (client) => {
      await client.query("SELECT pg_advisory_xact_lock(hashtextextended('antryk first account', 0))");
      const { rows } = await client.query("SELECT 1 FROM account LIMIT 1");
      if (rows.length > 0) return false;
      await client.query(insertAccount, accountCells(account));
      await client.query(insertKey, [key.accessKey, key.secretHash, account.createdAt, account.id]);
      await client.query(insertService, serviceCells(service));
      return true;
    });
  }

  async createAccount(account: Account): Promise<void> {
    await this.#connections.ask(insertAccount, accountCells(account));
  }

  updateAccount(id: string, limits: readonly WindowLimit[]): Promise<boolean> {
    return this.#changes("UPDATE account SET limits = $1 WHERE id = $2 RETURNING id", [JSON.stringify(limits), id]);
  }

  async listAccounts(): Promise<Account[]> {
    const rows = await this.#connections.ask<Row>("SELECT * FROM account ORDER BY created_at, id");
    return rows.map((row) => ({
      id: String(row.id),
      name: String(row.name),
      limits: row.limits as WindowLimit[],
      createdAt: Number(row.created_at),
    }));
  }

  createAccessKey(accountId: string, accessKey: string, secretHash: Buffer, now: number): Promise<boolean> {
    return this.#changes(insertKey, [accessKey, secretHash, now, accountId]);
  }

  async listAccessKeys(accountId: string | undefined): Promise<AccessKey[]> {
    const rows = await this.#connections.ask<Row>(
      "SELECT * FROM access_key WHERE $1::text IS NULL OR account_id = $1 ORDER BY created_at, access_key",
      [accountId],
    );
    return rows.map((row) => ({
      accessKey: String(row.access_key),
      accountId: String(row.account_id),
      createdAt: Number(row.created_at),
      revokedAt: row.revoked_at === null ? null : Number(row.revoked_at),
    }));
  }

  revokeAccessKey(accessKey: string, now: number): Promise<boolean> {
    return this.#changes("UPDATE access_key SET revoked_at = coalesce(revoked_at, $1) WHERE access_key = $2 RETURNING access_key", [
      now,
      accessKey,
    ]);
  }

  async findAccess(accessKey: string): Promise<Access | undefined> {
    const [row] = await this.#connections.ask<Row>(
      `SELECT k.account_id, k.secret_hash, a.limits FROM access_key k JOIN account a ON a.id = k.account_id
       WHERE k.access_key = $1 AND k.revoked_at IS NULL`,
      [accessKey],
    );
    return row && { accountId: String(row.account_id), secretHash: row.secret_hash as Buffer, accountLimits: row.limits as WindowLimit[] };
  }

  createService(service: Service): Promise<boolean> {
    return this.#changes(insertService, serviceCells(service));
  }

  updateService(id: string, settings: ServiceSettings): Promise<boolean> {
    const sets = settingColumns.map((name, at) => `${name} = $${at + 2}${settingType(at)}`);
    return this.#changes(`UPDATE service SET ${sets.join(", ")} WHERE id = $1 RETURNING id`, [id, ...settingCells(settings)]);
  }

  async listServices(accountId: string | undefined): Promise<Service[]> {
    const rows = await this.#connections.ask<Row>(
      "SELECT * FROM service WHERE $1::text IS NULL OR account_id = $1 ORDER BY created_at, id",
      [accountId],
    );
    return rows.map(toService);
  }

  async findService(id: string): Promise<Service | undefined> {
    const [row] = await this.#connections.ask<Row>("SELECT * FROM service WHERE id = $1", [id]);
    return row && toService(row);
  }

  async #changes(text: string, values: unknown[]): Promise<boolean> {
    return (await this.#connections.ask(text, values)).length > 0;
  }
}

function accountCells({ id, name, limits, createdAt }: Account): unknown[] {
  return [id, name, JSON.stringify(limits), createdAt];
}

function serviceCells(service: Service): unknown[] {
  return [service.accountId, service.id, service.createdAt, ...settingCells(service)];
}

/** In the order of settingColumns. */
function settingCells(settings: ServiceSettings): unknown[] {
  return [
    settings.name,
    settings.brand,
    settings.template,
    JSON.stringify(settings.messages),
    settings.provider,
    settings.sealedConfig,
    settings.codeLength,
    settings.ttlSeconds,
    settings.maxAttempts,
    settings.wrongCode,
    JSON.stringify(settings.recipientLimits),
    JSON.stringify(settings.serviceLimits),
    JSON.stringify(settings.clientLimits),
    JSON.stringify(settings.routes),
    settings.learnRoutes,
  ];
}

function toService(row: Row): Service {
  return {
    id: String(row.id),
    accountId: String(row.account_id),
    name: String(row.name),
    brand: row.brand as string | null,
    template: row.template as string | null,
    messages: { ...plainMessages, ...(row.message_settings as Partial<MessageSettings>) },
    provider: String(row.provider),
    sealedConfig: row.sealed_config as string | null,
    codeLength: Number(row.code_length),
    ttlSeconds: Number(row.ttl_seconds),
    maxAttempts: Number(row.max_attempts),
    wrongCode: row.wrong_code === "otp_invalid" ? "otp_invalid" : "valid_false",
    recipientLimits: row.recipient_limits as WindowLimit[],
    serviceLimits: row.service_limits as WindowLimit[],
    clientLimits: row.client_limits as WindowLimit[],
    routes: row.routes as Route[],
    learnRoutes: row.learn_routes === true,
    createdAt: Number(row.created_at),
  };
}
