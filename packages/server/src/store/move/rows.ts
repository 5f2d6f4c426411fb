/** How a row of SQLite stands in PostgreSQL. */
import { bounds, retention, type WindowLimit } from "@antryk/contract";
import { uuidFloor } from "../../model/ids.ts";
import type { Before } from "../rules/row.ts";
import type { Source, SourceRow } from "./source.ts";

/** Types of the target's columns, by name. */
export type Columns = ReadonlyMap<string, string>;
type Row = Record<string, unknown>;

const nobody = "00000000-0000-0000-0000-000000000000";
/** Below this a limit counts in one slot (postgres/items.ts). */
const slottedFrom = 1_000;
const slots = 16;

/** Limits by what a bucket counts for: scope, subject's service or account, and window. */
export type LimitCounts = ReadonlyMap<string, number>;

export function toTarget(
  table: string,
  rows: readonly SourceRow[],
  columns: Columns,
  source: Source,
  limits: LimitCounts,
): Row[] {
  return rows.flatMap((row) => divided(table, shaped(table, row, source), limits)).map((row) => typed(row, columns));
}

function shaped(table: string, row: SourceRow, source: Source): Row {
  if (table === "recipient") return recipientRow(row);
  if (table === "idempotency_key")
    return { ...row, due: row.reply === null ? Number(row.expires_at) + retention.sendReplyMs : row.expires_at };
  if (table === "gateway_message")
    return { ...row, account_id: source.accountOf(String(row.verification_id)) ?? nobody };
  return row;
}

function recipientRow({ number, before_lease: before, ...row }: SourceRow): Row {
  const counted = Number(row.counters_until) - retention.endedOtpMs - bounds.ttlSeconds.max * 1000;
  return {
    ...row,
    recipient: `+${number}`,
    nonce: bytes(row.nonce),
    mac: bytes(row.mac),
    // Where there is no verification, a stand-in says when the sweep looks at the row.
    verification_id: row.verification_id ?? `${uuidFloor(counted)}-0000-0000-000000000000`,
    before_lease: before === null ? null : beforeLease(JSON.parse(String(before)) as Before),
  };
}

function beforeLease(before: Before): Row | null {
  if (before.kind === "resend") return { kind: "resend", resend_count: before.resendCount, resend_at: before.resendAt };
  const { verification: v, sameCode } = before;
  if (!v) return null;
  return {
    kind: "send",
    same_code: sameCode,
    verification_id: v.verificationId,
    state: v.state,
    key_id: v.keyId,
    nonce: bytes(v.nonce),
    mac: bytes(v.mac),
    code_length: v.codeLength,
    max_attempts: v.maxAttempts,
    attempts: v.attempts,
    created_at: v.createdAt,
    expires_at: v.expiresAt,
    ended_at: v.endedAt,
    send_no: v.sendNo,
    resend_count: v.resendCount,
    resend_at: v.resendAt,
    deliveries: v.deliveries,
  };
}

/** A large limit's count is divided over its slots, as their quotas are. */
function divided(table: string, row: Row, limits: LimitCounts): Row[] {
  if (table !== "limit_bucket") return [row];
  const limit = limits.get(limitKey(String(row.scope), String(row.subject), Number(row.window_ms))) ?? 0;
  if (limit < slottedFrom) return [{ ...row, slot: 0 }];
  const count = Number(row.count);
  return Array.from({ length: slots }, (_, slot) => ({
    ...row,
    slot,
    count: Math.floor((count + slots - 1 - slot) / slots),
  })).filter((part) => part.count > 0);
}

export function limitCounts(source: Source): Map<string, number> {
  const counts = new Map<string, number>();
  const note = (scope: string, subject: string, json: unknown) => {
    for (const { count, windowMs } of JSON.parse(String(json)) as WindowLimit[])
      counts.set(limitKey(scope, subject, windowMs), count);
  };
  for (const { id, limits } of source.read("account", null, 1_000_000).rows) note("account", String(id), limits);
  for (const row of source.read("service", null, 1_000_000).rows) {
    note("service", String(row.id), row.service_limits);
    note("client", String(row.id), row.client_limits);
  }
  return counts;
}

/** A client's subject begins with its service. */
function limitKey(scope: string, subject: string, windowMs: number): string {
  return `${scope} ${subject.split(" ")[0]} ${windowMs}`;
}

function bytes(base64url: unknown): string | null {
  return typeof base64url === "string" ? `\\x${Buffer.from(base64url, "base64url").toString("hex")}` : null;
}

/** The target's columns alone, each as JSON brings its type. */
function typed(row: Row, columns: Columns): Row {
  const made: Row = {};
  for (const [name, type] of columns) {
    const value = row[name];
    if (value === undefined) continue;
    if (value instanceof Uint8Array) made[name] = `\\x${Buffer.from(value).toString("hex")}`;
    else if (typeof value === "string" && (type === "jsonb" || type === "ARRAY")) made[name] = JSON.parse(value);
    else made[name] = value;
  }
  return made;
}
