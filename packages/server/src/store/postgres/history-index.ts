/**
 * An index of the history beside servers that run. PostgreSQL can't make one on a partitioned table without stopping
 * every write to it; so each day gets its part by itself, and the whole is put together from them.
 */
import type { Connections } from "./connections.ts";

export interface HistoryIndex {
  readonly name: string;
  readonly columns: string;
}

/** Statements that are carried out together and again if they were cut off; `waitsLong`: they stop nobody meanwhile. */
export type RunSteps = (steps: readonly string[], waitsLong: boolean) => Promise<void>;

/** The index that a statement makes; `undefined`: it does something else. */
export function historyIndexIn(statement: string): HistoryIndex | undefined {
  const [, name, columns] = /^CREATE INDEX (\w+) ON antryk\.history \(([\w, ]+)\)$/.exec(statement) ?? [];
  return name === undefined || columns === undefined ? undefined : { name, columns };
}

/** Days whose part is missing. Days that are made meanwhile have theirs from the beginning. */
const missing = `SELECT c.relname AS day FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
  WHERE i.inhparent = 'antryk.history'::regclass AND NOT EXISTS (
    SELECT FROM pg_inherits p JOIN pg_index x ON x.indexrelid = p.inhrelid
      WHERE p.inhparent = to_regclass('antryk.' || $1) AND x.indrelid = c.oid)
  ORDER BY c.relname`;

/** Safe to repeat, whatever an earlier try has left. */
export async function indexHistory(connections: Connections, index: HistoryIndex, run: RunSteps): Promise<void> {
  const { name, columns } = index;
  await run([`CREATE INDEX IF NOT EXISTS ${name} ON ONLY antryk.history (${columns})`], false);
  for (const { day } of await connections.query<{ day: string }>(missing, [name])) {
    const part = `${day}_${name.replace(/^history_/, "")}`;
    await run(
      [
        `DROP INDEX CONCURRENTLY IF EXISTS antryk.${part}`,
        `CREATE INDEX CONCURRENTLY ${part} ON antryk.${day} (${columns})`,
      ],
      true,
    );
    await run([`ALTER INDEX antryk.${name} ATTACH PARTITION antryk.${part}`], false);
  }
}
