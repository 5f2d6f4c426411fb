/**
 * Connections to the host that is the primary. Statements are unnamed (parsed again for each batch, 1–2 µs a call), so
 * that any PgBouncer in transaction mode may stand between; nothing is kept in a session but its time limits.
 */
import pg from "pg";
import { StoreUnavailable } from "../../model/errors.ts";
import { kindOf, NotSent, queryCanceled, sqlState, unavailable } from "./faults.ts";
import { sessionOptions } from "./session.ts";
import type { PostgresTarget } from "./target.ts";

/** The client's own limit stands this far behind the server's: it is for a server or network that has fallen silent. */
const silenceMs = 1_000;
const lockTimeoutMs = 2_000;
const idleMs = 5 * 60_000;
const lifetimeSeconds = 30 * 60;
const triesAtMost = 8;

export class Connections {
  readonly #target: PostgresTarget;
  readonly #size: number;
  readonly #patienceMs: number;
  #pool: pg.Pool;
  #host = 0;
  /** Some servers have no TLS (`prefer`), and PgBouncer may refuse settings at the start: the first connect shows. */
  #tls: boolean;
  #settings = true;
  #closed = false;

  /** `patienceMs`: how long a caller of `soon` waits for an answer; the default is as long as a statement may take. */
  constructor(target: PostgresTarget, size: number, patienceMs = Number.POSITIVE_INFINITY) {
    this.#patienceMs = Math.min(patienceMs, target.statementTimeoutMs + silenceMs);
    this.#target = target;
    this.#size = size;
    this.#tls = target.sslMode !== "disable" && target.sslMode !== "allow";
    this.#pool = this.#newPool();
  }

  /** Throws NotSent, or what the driver throws. */
  query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    return this.#query({ text, values });
  }

  /** The same for a request that waits: whether the server is silent is known after `patienceMs`. */
  querySoon<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    return this.#query({ text, values, query_timeout: this.#patienceMs });
  }

  async #query<Row extends pg.QueryResultRow>(query: pg.QueryConfig & { query_timeout?: number }): Promise<Row[]> {
    const answer = await this.use(async (client) => {
      try {
        return { rows: (await client.query<Row>(query)).rows };
      } catch (fault) {
        // A statement that the server refused says nothing against its connection.
        if (sqlState(fault) === undefined || kindOf(fault) === "outage") throw fault;
        return { fault };
      }
    });
    if ("fault" in answer) throw answer.fault;
    return answer.rows;
  }

  /** Like query, for callers that can't use the driver's faults: throws StoreUnavailable if the database is gone. */
  async ask<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    try {
      return await this.query<Row>(text, values);
    } catch (fault) {
      throw kindOf(fault) === "fault" ? fault : unavailable(fault);
    }
  }

  /** Like ask, for a request that waits. */
  async askSoon<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    try {
      return await this.querySoon<Row>(text, values);
    } catch (fault) {
      throw kindOf(fault) === "fault" ? fault : unavailable(fault);
    }
  }

  /** Runs `work` in one transaction. */
  transaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    return this.#transaction("BEGIN", work);
  }

  /**
   * The same for what is done again if a crash of the database loses it: the commit waits for no disk and no standby. It
   * is never in part there, and never there without what was committed before it.
   */
  lazily<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    return this.#transaction("BEGIN; SET LOCAL synchronous_commit = off", work);
  }

  #transaction<T>(begin: string, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    return this.use(async (client) => {
      await client.query(begin);
      const result = await work(client);
      await client.query("COMMIT");
      return result;
    });
  }

  /** Like transaction, for callers that can't use the driver's faults: StoreUnavailable if the database is gone. */
  async askTransaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    try {
      return await this.transaction(work);
    } catch (fault) {
      throw kindOf(fault) === "fault" ? fault : unavailable(fault);
    }
  }

  /** One connection for `work`; it is thrown away if that fails, and with it a transaction that is open. */
  async use<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const pool = this.#pool;
    const client = await this.#connect();
    try {
      const result = await work(client);
      client.release();
      return result;
    } catch (fault) {
      client.release(fault instanceof Error ? fault : true);
      if (kindOf(fault) === "outage") this.#leave(pool, fault);
      throw fault;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#pool.end();
  }

  async #connect(): Promise<pg.PoolClient> {
    let failures = 0;
    for (let tries = 0; ; tries += 1) {
      const pool = this.#pool;
      try {
        return await pool.connect();
      } catch (fault) {
        if (this.#closed) throw new StoreUnavailable("the store is closed");
        // Another call may have found out meanwhile how or where to connect.
        if (pool === this.#pool && !this.#adapt(fault)) {
          failures += 1;
          this.#nextHost();
        }
        if (failures >= this.#target.hosts.length || tries >= triesAtMost)
          throw new NotSent("the store can't be reached", { cause: fault });
      }
    }
  }

  /** Whether there is another way to speak to this host. */
  #adapt(fault: unknown): boolean {
    const message = fault instanceof Error ? fault.message : "";
    if (this.#tls && this.#target.sslMode === "prefer" && message.includes("does not support SSL")) this.#tls = false;
    else if (!this.#tls && this.#target.sslMode === "allow" && isRefusedWithoutTls(fault)) this.#tls = true;
    else if (this.#settings && sqlState(fault) === "08P01" && message.includes("startup parameter"))
      this.#settings = false;
    else return false;
    this.#renew();
    return true;
  }

  /** A host that turned out to be gone or a standby is left; with a single one only broken connections are. */
  #leave(pool: pg.Pool, fault: unknown): void {
    if (pool === this.#pool && sqlState(fault) !== queryCanceled) this.#nextHost();
  }

  #nextHost(): void {
    if (this.#target.hosts.length === 1) return;
    this.#host = (this.#host + 1) % this.#target.hosts.length;
    this.#renew();
  }

  #renew(): void {
    if (this.#closed) return;
    const old = this.#pool;
    this.#pool = this.#newPool();
    old.end().catch(() => undefined);
  }

  #newPool(): pg.Pool {
    const { user, password, database, tls, connectTimeoutMs, statementTimeoutMs, applicationName, hosts } =
      this.#target;
    const { host, port } = hosts[this.#host] ?? { host: "localhost", port: 5432 };
    const pool = new pg.Pool({
      host,
      port,
      ...(user === undefined ? {} : { user }),
      ...(password === undefined ? {} : { password }),
      ...(database === undefined ? {} : { database }),
      ssl: this.#tls ? tls : false,
      max: this.#size,
      application_name: applicationName,
      connectionTimeoutMillis: connectTimeoutMs,
      idleTimeoutMillis: idleMs,
      maxLifetimeSeconds: lifetimeSeconds,
      keepAlive: this.#target.keepAlive,
      keepAliveInitialDelayMillis: this.#target.keepAliveDelayMs,
      enableChannelBinding: this.#target.channelBinding,
      query_timeout: statementTimeoutMs + silenceMs,
      ...(this.#settings
        ? {
            options: `${this.#target.options} ${sessionOptions}`.trim(),
            statement_timeout: statementTimeoutMs,
            lock_timeout: Math.min(lockTimeoutMs, statementTimeoutMs),
            idle_in_transaction_session_timeout: statementTimeoutMs,
          }
        : {}),
      ...(hosts.length > 1 ? { onConnect: refuseStandby } : {}),
    });
    // An idle connection that breaks is no caller's concern: the next one makes another.
    pool.on("error", () => undefined);
    // One that breaks while it works rejects its query; without a listener its event would end the process as well.
    pool.on("connect", (client) => client.on("error", () => undefined));
    return pool;
  }
}

/** A line of pg_hba.conf asks for TLS, or the server itself does. */
function isRefusedWithoutTls(fault: unknown): boolean {
  return fault instanceof Error && /no encryption|SSL (is )?required|without (SSL|encryption)/i.test(fault.message);
}

async function refuseStandby(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ standby: boolean }>("SELECT pg_is_in_recovery() AS standby");
  if (rows[0]?.standby) throw new Error("the host is a standby");
}
