/** What the store is and which servers run on it, in PostgreSQL. */
import type { InstallationTable } from "../engine.ts";
import type { StoreIdentity } from "../ports/identity.ts";
import { decodeTimeline } from "../rules/failover.ts";
import { movingBy } from "../rules/move-mark.ts";
import { newestOf } from "../schema.ts";
import type { Connections } from "./connections.ts";
import { postgresSchema } from "./schema.ts";

const identity = "SELECT id, canary, move, min_writer, newest, timeline FROM antryk.installation";

interface IdentityRow extends Record<string, unknown> {
  readonly id: string;
  readonly canary: string | null;
  readonly move: string | null;
  readonly min_writer: number;
  readonly newest: string;
  readonly timeline: string | null;
}

interface NodeRow extends Record<string, unknown> {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly schema: number;
  readonly keys: string;
  readonly seen_at: string;
}

function toIdentity({ id, canary, move, min_writer: minWriter, newest, timeline }: IdentityRow): StoreIdentity {
  return {
    id,
    canary,
    newest: Number(newest),
    codesFrom: decodeTimeline(timeline)?.codesFrom ?? 0,
    ...movingBy(move),
    isBeyond: minWriter > newestOf(postgresSchema),
  };
}

/** `given`: decides instead of the database's clock. */
export function installationOf(connections: Connections, given: () => number | null): InstallationTable {
  return {
    identity: async () => {
      const rows = await connections.askSoon<IdentityRow>(identity);
      return toIdentity(rows[0] as IdentityRow);
    },
    claim: async (canary) => {
      const sql = "UPDATE antryk.installation SET canary = coalesce(canary, $1) RETURNING canary";
      const [row] = await connections.askSoon<{ canary: string }>(sql, [canary]);
      return row?.canary ?? "";
    },
    seeNode: async ({ id, host, pid, version, schema, keys }) => {
      await connections.askSoon(
        `WITH seen AS (
           INSERT INTO antryk.node (id, host, pid, version, schema, keys, seen_at)
             VALUES ($1, $2, $3, $4, $5, $6, coalesce($7::bigint, antryk.clock_ms()))
             ON CONFLICT (id) DO UPDATE SET keys = excluded.keys, seen_at = excluded.seen_at RETURNING seen_at
         )
         UPDATE antryk.installation SET newest = greatest(newest, seen.seen_at) FROM seen`,
        [id, host, pid, version, schema, JSON.stringify(keys), given()],
      );
    },
    forgetNode: async (id) => {
      await connections.askSoon("DELETE FROM antryk.node WHERE id = $1", [id]);
    },
    nodesSince: async (since) => {
      await connections.askSoon("DELETE FROM antryk.node WHERE seen_at < $1", [since]);
      const rows = await connections.askSoon<NodeRow>("SELECT * FROM antryk.node ORDER BY seen_at, id");
      return rows.map(({ keys, seen_at: seenAt, ...node }) => ({
        ...node,
        keys: JSON.parse(keys),
        seenAt: Number(seenAt),
      }));
    },
  };
}
