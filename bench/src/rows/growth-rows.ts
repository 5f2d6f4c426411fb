/** A month of traffic, written straight into the tables: what a store looks like that has been in use. */
import { randomInt } from "node:crypto";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { readKeyring } from "../../../packages/server/src/keyring/file.ts";
import { Keyring } from "../../../packages/server/src/keyring/keyring.ts";
import { newVerificationId } from "../../../packages/server/src/model/ids.ts";
import { bucketOf } from "../../../packages/server/src/model/recipient.ts";
import { encodeEnded } from "../../../packages/server/src/store/rules/codec.ts";
import { recipientKind, recipientRef } from "../../../packages/server/src/store/rules/kinds.ts";
import { emptyRow, type Verification } from "../../../packages/server/src/store/rules/row.ts";
import { withAttempts } from "../../../packages/server/src/store/rules/timeline.ts";
import { recipientKey } from "../../../packages/server/src/verification/recipient-key.ts";
import type { Installation } from "../processes/installation.ts";

const dayMs = 86_400_000;
const historyDays = 29;
const rowsPerStep = 250_000;

const insertHistory = `INSERT INTO history (verification_id, account_id, service_id, channel, recipient, state)
  VALUES (?, ?, ?, 'sms', ?, ?)`;
const insertItem = "INSERT INTO item (hash, at, key, state) VALUES (?, ?, ?, ?)";

/** Fills the store of an installation whose server does not run. `rows`: ended verifications in the history. */
export function fillHistory(installation: Installation, rows: number, onProgress: (text: string) => void): void {
  const file = readKeyring(installation.keyringPath);
  if (!file) throw new Error("the installation has no keyring");
  const keyring = new Keyring(file);
  const service = { accountId: installation.caller.accountId, id: installation.serviceId("send") };
  const now = Date.now();
  const db = new DatabaseSync(installation.databasePath);
  const fill = (
    what: string,
    sql: string,
    count: number,
    from: number,
    until: number,
    rowAt: (at: number) => SQLInputValue[],
  ) => {
    const statement = db.prepare(sql);
    for (let first = 0; first < count; first += rowsPerStep) {
      onProgress(`${what}: ${first} of ${count} rows`);
      const end = Math.min(first + rowsPerStep, count);
      db.exec("BEGIN");
      for (let row = first; row < end; row += 1)
        statement.run(...rowAt(Math.floor(from + (row * (until - from)) / count)));
      db.exec("COMMIT");
    }
  };
  /** Of the codes sent, most are used, some run out. */
  const historyRow = (at: number): SQLInputValue[] => {
    const key = recipientKey(keyring, service, randomNumber());
    const state = at % 7 === 0 ? "pending" : "verified";
    const ended = verificationAt(at, bucketOf(key.hash), keyring.primary.id, state);
    return [ended.verificationId, key.accountId, key.serviceId, key.recipient, encodeEnded(ended)];
  };
  /** The last day's verifications are still with their recipients. */
  const recipientRow = (at: number): SQLInputValue[] => {
    const ref = recipientRef(recipientKey(keyring, service, randomNumber()));
    const verification = verificationAt(at, ref.bucket, keyring.primary.id, "verified");
    const row = { ...emptyRow(), verification, sends: [at], tries: [at], countersUntil: at + dayMs };
    return [ref.hash, recipientKind.placeInTime(row), ref.key, recipientKind.encode(row)];
  };
  try {
    db.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144");
    fill("history", insertHistory, rows, now - (historyDays + 1) * dayMs + 60_000, now - dayMs - 60_000, historyRow);
    fill("recipients", insertItem, Math.ceil(rows / historyDays), now - dayMs + 60_000, now - 60_000, recipientRow);
  } finally {
    db.close();
  }
}

function verificationAt(at: number, bucket: number, keyId: string, state: "pending" | "verified"): Verification {
  const verificationId = newVerificationId(at, bucket);
  const attempt = {
    at: new Date(at).toISOString(),
    operation: "send-otp",
    gateway: "sandbox",
    outcome: "accepted",
    messageId: `msg_${verificationId}_1`,
    durationMs: 0,
  } as const;
  return {
    verificationId,
    state,
    keyId,
    nonce: null,
    mac: null,
    codeLength: 6,
    maxAttempts: 5,
    attempts: 0,
    createdAt: at,
    expiresAt: at + 300_000,
    endedAt: state === "verified" ? at + 20_000 : null,
    sendNo: 1,
    resendCount: 0,
    resendAt: at + 30_000,
    deliveries: withAttempts("[]", [attempt]),
    metadata: "",
    isTest: false,
    requestId: "",
    wrongCodes: "",
  };
}

/** An Indian mobile number. */
function randomNumber(): string {
  return `+91${randomInt(6_000_000_000, 10_000_000_000)}`;
}
