/** What an operator should know of the database: rights that are too wide, and what a crash or a failover loses. */
import type { Connections } from "./connections.ts";

interface State extends Record<string, unknown> {
  readonly open_public: boolean | null;
  readonly synchronous_commit: string;
  readonly fsync: string;
  readonly full_page_writes: string;
  readonly standbys: number;
  /** Null where the role may not see it. */
  readonly synchronous: number | null;
}

export async function warningsOf(connections: Connections): Promise<readonly string[]> {
  const [state] = await connections.ask<State>(
    `SELECT (SELECT has_schema_privilege('public', oid, 'CREATE') FROM pg_namespace WHERE nspname = 'public') AS open_public,
       current_setting('synchronous_commit') AS synchronous_commit, current_setting('fsync') AS fsync,
       current_setting('full_page_writes') AS full_page_writes,
       (SELECT count(*)::int FROM pg_stat_replication) AS standbys,
       (SELECT CASE WHEN bool_and(sync_state IS NULL) THEN NULL
          ELSE count(*) FILTER (WHERE sync_state IN ('sync', 'quorum')) END::int FROM pg_stat_replication) AS synchronous`,
  );
  if (!state) return [];
  const warnings: string[] = [];
  if (state.open_public)
    warnings.push("everybody may create functions in the schema public: REVOKE CREATE ON SCHEMA public FROM PUBLIC");
  for (const name of ["synchronous_commit", "fsync", "full_page_writes"] as const)
    if (state[name] === "off")
      warnings.push(`${name} is off: after a crash of the database a used code may be right again; set it to on`);
  if (state.standbys > 0 && state.synchronous === 0)
    warnings.push(
      "no standby is synchronous: after a failover what was done last is forgotten, and a used code may be right again; " +
        "set synchronous_standby_names",
    );
  return warnings;
}
