/** A verification by its id, living or ended. */
import type { VerificationRecord } from "../../model/verification.ts";
import { toRecord } from "../rules/record.ts";
import type { Verification } from "../rules/row.ts";
import type { Connections } from "./connections.ts";

interface Row {
  readonly service_id: string;
  readonly recipient: string;
  readonly state: Verification["state"];
  readonly attempts: number;
  readonly max_attempts: number;
  readonly created_at: string;
  readonly expires_at: string;
  readonly ended_at: string | null;
  readonly deliveries: Verification["deliveries"];
  readonly at: string;
}

const columns = "service_id, recipient, state, attempts, max_attempts, created_at, expires_at, ended_at, deliveries";

/** `given`: the time that a test sets. */
export async function findVerification(
  connections: Connections,
  accountId: string,
  verificationId: string,
  given: number | null,
): Promise<VerificationRecord | undefined> {
  const [row] = await connections.ask<Row & Record<string, unknown>>(
    `SELECT *, coalesce($3, antryk_now()) AS at FROM (
       SELECT ${columns} FROM recipient WHERE account_id = $1 AND verification_id = $2 AND state <> 'none'
       UNION ALL SELECT ${columns} FROM verification_history WHERE account_id = $1 AND verification_id = $2
       UNION ALL SELECT ${columns.replace("recipient", "recipient_masked")} FROM verification_history_reduced
         WHERE account_id = $1 AND verification_id = $2) found LIMIT 1`,
    [accountId, verificationId, given],
  );
  if (!row) return undefined;
  const verification = {
    verificationId,
    state: row.state,
    attempts: row.attempts,
    maxAttempts: row.max_attempts,
    createdAt: Number(row.created_at),
    expiresAt: Number(row.expires_at),
    endedAt: row.ended_at === null ? null : Number(row.ended_at),
    deliveries: row.deliveries,
  };
  return toRecord({ accountId, serviceId: row.service_id, recipient: row.recipient }, verification, Number(row.at));
}
