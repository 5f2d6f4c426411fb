/** Opens the engine for many server processes. */

import { StoreMissing, StoreUnavailable, unfinishedMove } from "../../model/errors.ts";
import type { Clock } from "../clock.ts";
import type { Store } from "../port.ts";
import type { AfterFailover } from "../rules/failover.ts";
import { movingBy } from "../rules/move-mark.ts";
import { storeOver } from "../store.ts";
import { Connections } from "./connections.ts";
import { PostgresEngine } from "./engine.ts";
import { kindOf, NotSent, sqlState, unavailable } from "./faults.ts";
import { callPatienceMs } from "./lane.ts";
import { explained } from "./opening-faults.ts";
import { processNumber, requireSchema, schemaNumber, upgradeSchema } from "./schema.ts";
import { requireSession } from "./session.ts";
import { type PostgresTarget, targetLabel } from "./target.ts";

export interface PostgresOptions {
  readonly target: PostgresTarget;
  /** Connections at most; one carries the batches. */
  readonly connections?: number;
  /** Calls per round trip at most. */
  readonly batchSize?: number;
  /** `false`: a database without the schema is StoreMissing, so that a slip makes no new store. Default: `true`. */
  readonly create?: boolean;
  /** Brings an older schema up to date; else that is SchemaTooOld. An empty database is set up by any start. */
  readonly upgrade?: boolean;
  /** How long an opening store waits for a database that is being started. */
  readonly patienceMs?: number;
  /** For codes from before a failover; the default follows from how the database replicates. */
  readonly afterFailover?: AfterFailover;
  /** For tests: how long a call waits, or finds an outage, before it gets StoreUnavailable. */
  readonly callPatienceMs?: number;
  /** For tests: decides instead of the database's clock. */
  readonly clock?: Clock;
}

/** Bounds and defaults of the options. */
export const postgresDefaults = { connections: 4, batchSize: 64, patienceMs: 5_000 } as const;

const openRestMs = 100;

/** Connects. Throws StoreUnavailable, SchemaTooNew, SchemaTooOld, SchemaChanged, StoreMissing. */
export async function openPostgresStore(options: PostgresOptions): Promise<Store> {
  return storeOver(await openPostgresEngine(options));
}

/** The same without the store's verbs. */
export async function openPostgresEngine(options: PostgresOptions): Promise<PostgresEngine> {
  const patienceMs = options.callPatienceMs ?? callPatienceMs;
  const connections = new Connections(options.target, options.connections ?? postgresDefaults.connections, patienceMs);
  try {
    await readyPatiently(connections, options);
    const [row] = await connections.query<{ move: string | null }>("SELECT move FROM antryk.installation");
    if (movingBy(row?.move ?? null).isMoving) throw unfinishedMove(targetLabel(options.target));
    const engine = new PostgresEngine(connections, {
      process: await processNumber(connections),
      batchSize: options.batchSize ?? postgresDefaults.batchSize,
      callPatienceMs: patienceMs,
      afterFailover: options.afterFailover,
      clock: options.clock,
    });
    await engine.start();
    return engine;
  } catch (fault) {
    await connections.close();
    throw toSay(fault);
  }
}

/** Whether the server is there and does not let this role in, or has no such database: waiting helps nothing. */
function isRefused({ cause }: NotSent): boolean {
  return /^(28|3D)/.test(sqlState(cause) ?? "");
}

/** An outage may pass; what else the database says is a matter of how it is set up. */
function toSay(fault: unknown): unknown {
  const said = fault instanceof NotSent && sqlState(fault.cause) !== undefined ? fault.cause : fault;
  if (said instanceof StoreUnavailable) return said;
  return sqlState(said) !== undefined ? explained(said) : kindOf(said) === "outage" ? unavailable(said) : said;
}

async function readyPatiently(
  connections: Connections,
  { create = true, upgrade = false, target, patienceMs = postgresDefaults.patienceMs }: PostgresOptions,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      await requireSession(connections);
      if (!create && (await schemaNumber(connections)) === 0)
        throw new StoreMissing(`there is no store in ${targetLabel(target)}`);
      if (upgrade) await upgradeSchema(connections);
      else await requireSchema(connections);
      return;
    } catch (fault) {
      if (!(fault instanceof NotSent) || isRefused(fault) || performance.now() >= deadline) throw fault;
      await new Promise((resolve) => setTimeout(resolve, openRestMs));
    }
  }
}
