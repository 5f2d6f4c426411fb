/** Opens the engine for many server processes. */

import { StoreMissing, StoreUnavailable, unfinishedMove } from "../../model/errors.ts";
import type { Clock } from "../clock.ts";
import type { Store } from "../port.ts";
import { storeOver } from "../store.ts";
import { Connections } from "./connections.ts";
import { PostgresEngine } from "./engine.ts";
import { kindOf, NotSent, unavailable } from "./faults.ts";
import { callPatienceMs } from "./lane.ts";
import { processNumber, requireSchema, schemaNumber, upgradeSchema } from "./schema.ts";
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
    const unfinished = await connections.query("SELECT FROM antryk.installation WHERE move IS NOT NULL");
    if (unfinished.length > 0) throw unfinishedMove(targetLabel(options.target));
    const engine = new PostgresEngine(connections, {
      process: await processNumber(connections),
      batchSize: options.batchSize ?? postgresDefaults.batchSize,
      callPatienceMs: patienceMs,
      clock: options.clock,
    });
    await engine.start();
    return engine;
  } catch (fault) {
    await connections.close();
    throw kindOf(fault) === "outage" && !(fault instanceof StoreUnavailable) ? unavailable(fault) : fault;
  }
}

async function readyPatiently(
  connections: Connections,
  { create = true, upgrade = false, target, patienceMs = postgresDefaults.patienceMs }: PostgresOptions,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      if (!create && (await schemaNumber(connections)) === 0)
        throw new StoreMissing(`there is no store in ${targetLabel(target)}`);
      if (upgrade) await upgradeSchema(connections);
      else await requireSchema(connections);
      return;
    } catch (fault) {
      if (!(fault instanceof NotSent) || performance.now() >= deadline) throw fault;
      await new Promise((resolve) => setTimeout(resolve, openRestMs));
    }
  }
}
