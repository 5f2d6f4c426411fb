/** What a session of this database is: the settings that it must have, and whether it has them. */
import { StoreUnusable } from "../../model/errors.ts";
import type { Connections } from "./connections.ts";

/**
 * What a role or a database may have set otherwise, and every statement relies on. A name is looked for where only the
 * owner can make one: in `public`, others may have planted functions.
 */
export const sessionSettings: Readonly<Record<string, string>> = {
  search_path: "antryk,pg_temp",
  default_transaction_isolation: "read committed",
  default_transaction_deferrable: "off",
  plan_cache_mode: "auto",
  row_security: "on",
  // Every statement is short: to compile one takes longer than to run it, and a table without statistics looks large.
  jit: "off",
};

/** As the startup message takes them; a space in a value is escaped. */
export const sessionOptions = Object.entries(sessionSettings)
  .map(([name, value]) => `-c ${name}=${value.replaceAll(" ", "\\ ")}`)
  .join(" ");

const oldest = 14;

interface Session extends Record<string, unknown> {
  readonly version: number;
  readonly encoding: string;
  readonly isolation: string;
  readonly role: string;
  readonly database: string;
}

/** Throws StoreUnusable with the SQL that cures it. */
export async function requireSession(connections: Pick<Connections, "query">): Promise<void> {
  const [session] = await connections.query<Session>(
    `SELECT current_setting('server_version_num')::int / 10000 AS version, current_setting('server_encoding') AS encoding,
       current_setting('default_transaction_isolation') AS isolation, quote_ident(current_user) AS role,
       quote_ident(current_database()) AS database`,
  );
  if (!session) return;
  const { version, encoding, isolation, role, database } = session;
  if (version < oldest)
    throw new StoreUnusable(`the database's server is PostgreSQL ${version}: antryk needs ${oldest} or newer`);
  if (encoding !== "UTF8")
    throw new StoreUnusable(
      `the database ${database} has the encoding ${encoding}, antryk needs UTF8: ` +
        "CREATE DATABASE antryk ENCODING 'UTF8' TEMPLATE template0",
    );
  // A pooler that refuses settings hands out sessions as the role and the database have them.
  if (isolation !== sessionSettings.default_transaction_isolation)
    throw new StoreUnusable(
      `sessions have default_transaction_isolation = '${isolation}': ` +
        `ALTER ROLE ${role} IN DATABASE ${database} SET default_transaction_isolation = 'read committed'`,
    );
}
