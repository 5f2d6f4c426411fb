/** The codes that the server has sent: worked out beside it from its keyring and its store, so that it runs as it always does. */
import { DatabaseSync } from "node:sqlite";
import { Keyring, readKeyring } from "../../../packages/server/src/keyring/keyring.ts";
import { deriveCode } from "../../../packages/server/src/verification/code.ts";
import type { Installation } from "../processes/installation.ts";

type Row = readonly [number: number, verificationId: string, keyId: string, nonce: string, codeLength: number];

/** The open codes of a service by recipient. */
export function openCodes(installation: Installation, serviceId: string): Map<string, string> {
  const file = readKeyring(installation.keyringPath);
  if (!file) throw new Error("the installation has no keyring");
  const keyring = new Keyring(file);
  const db = new DatabaseSync(installation.databasePath, { readOnly: true });
  try {
    const select = db.prepare(
      "SELECT number, verification_id, key_id, nonce, code_length FROM recipient WHERE account_id = ? AND service_id = ? AND state = 'pending'",
    );
    select.setReturnArrays(true);
    const rows = select.all(installation.caller.accountId, serviceId) as unknown as Row[];
    return new Map(
      rows.map(([number, verificationId, keyId, nonce, codeLength]) => {
        const key = keyring.find(keyId);
        if (!key) throw new Error(`the keyring lacks ${keyId}`);
        return [`+${number}`, deriveCode(key.code, verificationId, Buffer.from(nonce, "base64url"), codeLength)];
      }),
    );
  } finally {
    db.close();
  }
}
