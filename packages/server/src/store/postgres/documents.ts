/** What operators set, in PostgreSQL. */
import type { DocumentChange, Documents, StoredDocument } from "../engine.ts";
import type { Connections } from "./connections.ts";

type Row = Record<string, string | null>;

const put = `INSERT INTO antryk.document AS t (kind, id, account_id, version, created_at, body) VALUES ($1, $2, $3, 1, $4, $5)
  ON CONFLICT (kind, id) DO UPDATE SET version = t.version + 1, body = excluded.body`;

export function documentsOf(connections: Connections): Documents {
  return {
    generation: async () => {
      const [row] = await connections.askSoon<Row>("SELECT generation FROM antryk.installation");
      return Number(row?.generation);
    },
    get: async (kind, id) => {
      const [row] = await connections.askSoon<Row>("SELECT * FROM antryk.document WHERE kind = $1 AND id = $2", [
        kind,
        id,
      ]);
      return row && toDocument(row);
    },
    list: async (kind) => {
      const sql = "SELECT * FROM antryk.document WHERE kind = $1 ORDER BY created_at, id";
      return (await connections.askSoon<Row>(sql, [kind])).map(toDocument);
    },
    commit: (generation, changes) => connections.askTransaction((client) => commit(client, generation, changes)),
  };
}

type Client = Parameters<Parameters<Connections["transaction"]>[0]>[0];

async function commit(client: Client, generation: number, changes: readonly DocumentChange[]): Promise<boolean> {
  const next = "UPDATE antryk.installation SET generation = generation + 1 WHERE generation = $1";
  if ((await client.query(next, [generation])).rowCount !== 1) return false;
  for (const { kind, id, accountId, createdAt, body } of changes) {
    if (body === null) await client.query("DELETE FROM antryk.document WHERE kind = $1 AND id = $2", [kind, id]);
    else await client.query(put, [kind, id, accountId, createdAt, body]);
  }
  return true;
}

function toDocument(row: Row): StoredDocument {
  return {
    kind: row.kind ?? "",
    id: row.id ?? "",
    accountId: row.account_id ?? null,
    version: Number(row.version),
    createdAt: Number(row.created_at),
    body: row.body ?? "",
  };
}
