/** Picks the engine that the configuration names. */
import { existsSync } from "node:fs";
import { StoreMissing } from "../model/errors.ts";
import type { Store } from "./port.ts";
import type { PostgresTarget } from "./postgres/target.ts";
import type { AfterFailover } from "./rules/failover.ts";
import { newestOf } from "./schema.ts";

/** Where the store is. */
export type DatabaseConfig =
  | {
      readonly engine: "sqlite";
      /** File path, or `:memory:`. */
      readonly path: string;
    }
  | {
      readonly engine: "postgres";
      readonly target: PostgresTarget;
      readonly connections: number;
      readonly batchSize: number;
      readonly afterFailover?: AfterFailover;
    };

export interface OpenStoreOptions {
  /** Make an empty store if there is none; if `false`, a missing store is StoreMissing. */
  readonly create: boolean;
  /** For a server: on SQLite no other may have the store. */
  readonly isServer?: boolean;
  /** Bring an older schema on PostgreSQL up to date; if not, it is SchemaTooOld. */
  readonly upgrade?: boolean;
}

/**
 * Opens the store. An embedded one is brought up to date by that.
 * Throws StoreUnavailable, SchemaTooNew, SchemaTooOld, SchemaChanged, StoreMissing.
 */
export async function openStore(
  database: DatabaseConfig,
  { create, upgrade = false, isServer = false }: OpenStoreOptions,
): Promise<Store> {
  if (database.engine === "sqlite") {
    if (!create && database.path !== ":memory:" && !existsSync(database.path))
      throw new StoreMissing(`there is no store at ${database.path}`);
    const { openSqliteStore } = await import("./sqlite/open.ts");
    return openSqliteStore({ path: database.path, isServer });
  }
  // A process on SQLite does not load the driver.
  const { openPostgresStore } = await import("./postgres/open.ts");
  return openPostgresStore({ ...database, create, upgrade });
}

/** The number of the newest schema that this program knows. */
export async function newestSchema({ engine }: DatabaseConfig): Promise<number> {
  return newestOf(
    engine === "sqlite"
      ? (await import("./sqlite/schema.ts")).sqliteSchema
      : (await import("./postgres/schema.ts")).postgresSchema,
  );
}
