/** The codes that a server over PostgreSQL has sent, worked out beside it (codes.ts). */
import { Keyring, readKeyring } from "../../../packages/server/src/keyring/keyring.ts";
import { deriveCode } from "../../../packages/server/src/verification/code.ts";
import type { Installation } from "../processes/installation.ts";
import { query } from "./query.ts";

export async function postgresCodes(
  installation: Installation,
  url: string,
  serviceId: string,
): Promise<Map<string, string>> {
  const file = readKeyring(installation.keyringPath);
  if (!file) throw new Error("the installation has no keyring");
  const keyring = new Keyring(file);
  const rows = await query<{
    recipient: string;
    verification_id: string;
    key_id: string;
    nonce: Buffer;
    code_length: number;
  }>(
    url,
    `SELECT recipient, verification_id, key_id, nonce, code_length FROM recipient WHERE service_id = '${serviceId}' AND state = 'pending'`,
  );
  return new Map(
    rows.map((row) => {
      const key = keyring.find(row.key_id);
      if (!key) throw new Error(`the keyring lacks ${row.key_id}`);
      return [row.recipient, deriveCode(key.code, row.verification_id, row.nonce, row.code_length)];
    }),
  );
}
