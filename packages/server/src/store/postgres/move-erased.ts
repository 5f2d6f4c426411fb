/** What is erased while a move still brings history: noted, so that the move leaves it out. */
import type pg from "pg";
import type { Connections } from "./connections.ts";

/** One page of the move, or one number that is noted, at a time; until the transaction ends. */
export const moveLock = "SELECT pg_advisory_xact_lock(hashtextextended('antryk move', 0))";
/** A page of the move takes less, also beside a busy server. */
const pageMs = 60_000;
const isBehind = "SELECT 1 FROM antryk.installation WHERE move IS NOT NULL";

/** Returns once a page that was written without knowing the number is there to be seen. */
export async function noteErased(connections: Connections, channel: string, hash: Buffer): Promise<void> {
  if ((await connections.ask(isBehind)).length === 0) return;
  await connections.askTransaction(async (client) => {
    await client.query(`SET LOCAL lock_timeout = ${pageMs}; SET LOCAL statement_timeout = ${pageMs}`);
    await client.query({ text: moveLock, query_timeout: pageMs } as pg.QueryConfig);
    // The move may have ended meanwhile.
    if ((await client.query(isBehind)).rowCount === 0) return;
    await client.query("INSERT INTO antryk.move_erased (channel, hash) VALUES ($1, $2) ON CONFLICT DO NOTHING", [
      channel,
      hash,
    ]);
  });
}
