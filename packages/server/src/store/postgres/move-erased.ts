/** What is erased while a move still brings history: noted, so that the move leaves it out. */
import type { Connections } from "./connections.ts";

/** One page of the move, or one number that is noted, at a time; until the transaction ends. */
export const moveLock = "SELECT pg_advisory_xact_lock(hashtextextended('antryk move', 0))";
const isBehind = "SELECT 1 FROM antryk.installation WHERE move IS NOT NULL";

/** Returns once a page that was written without knowing the number is there to be seen. */
export async function noteErased(connections: Connections, channel: string, hash: Buffer): Promise<void> {
  if ((await connections.ask(isBehind)).length === 0) return;
  await connections.askTransaction(async (client) => {
    await client.query(moveLock);
    // The move may have ended meanwhile.
    if ((await client.query(isBehind)).rowCount === 0) return;
    await client.query("INSERT INTO antryk.move_erased (channel, hash) VALUES ($1, $2) ON CONFLICT DO NOTHING", [
      channel,
      hash,
    ]);
  });
}
