/** When access keys were last used, in PostgreSQL. */
import type { KeyUseTable } from "../engine.ts";
import type { Connections } from "./connections.ts";

/** In the order of the keys, so that processes that note the same ones do not wait for one another in a circle. */
const note = `INSERT INTO antryk.key_use AS t (access_key, used_at)
  SELECT * FROM unnest($1::text[], $2::bigint[]) AS u (access_key, used_at) ORDER BY access_key COLLATE "C"
  ON CONFLICT (access_key) DO UPDATE SET used_at = excluded.used_at WHERE t.used_at + $3 <= excluded.used_at`;

interface Row extends Record<string, unknown> {
  readonly access_key: string;
  readonly used_at: string;
}

export function keyUsesOf(connections: Connections): KeyUseTable {
  return {
    note: async (uses, restMs) => {
      const [keys, times] = [uses.map(({ accessKey }) => accessKey), uses.map(({ usedAt }) => usedAt)];
      await connections.askSoon(note, [keys, times, restMs]);
    },
    all: async () => {
      const rows = await connections.askSoon<Row>("SELECT access_key, used_at FROM antryk.key_use");
      return new Map(rows.map(({ access_key: key, used_at: at }) => [key, Number(at)]));
    },
  };
}
