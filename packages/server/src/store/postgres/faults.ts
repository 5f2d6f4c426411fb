/** What a failed statement means for its callers. */
import { StoreUnavailable } from "../../model/errors.ts";

/** No connection could be had: nothing was sent, so the call may be made again. */
export class NotSent extends StoreUnavailable {}

/**
 * - `again`: rolled back for the sake of another transaction; the same batch may run again
 * - `outage`: the database is gone, full or a standby; what was sent may have been done or not
 * - `fault`: the statement itself is wrong, and was rolled back
 */
export type FaultKind = "again" | "outage" | "fault";

/**
 * Of commit_batch (functions.sql): a call found another version after a part of it was written; the clock is off; the
 * database is on another timeline.
 */
export const conflictState = "AN001";
export const clockState = "AN002";
export const timelineState = "AN003";
/** lock_not_available: a row was held for longer than it was waited for. */
export const heldState = "55P03";
/** A statement that took too long: it says nothing of its host. */
export const queryCanceled = "57014";

/** serialization_failure, deadlock_detected, lock_not_available (www.postgresql.org, errcodes-appendix, 2026-11). */
const againCodes = new Set(["40001", "40P01", "55P03"]);
/** Classes 08 connection, 53 resources, 57 operator, 58 system, F0, XX files; 25006 standby, 26000 lost statement. */
const outageCodes = /^(08|53|57|58|F0|XX)|^25006$|^26000$/;
/** Rolled back for certain, though it is an outage. */
const rolledBackCodes = /^(53|25006|57014|57P03|57P05)/;

export function sqlState(fault: unknown): string | undefined {
  const code = fault instanceof Error && "code" in fault ? fault.code : undefined;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

export function kindOf(fault: unknown): FaultKind {
  if (fault instanceof StoreUnavailable) return "outage";
  const state = sqlState(fault);
  if (state === undefined) return isFromDriver(fault) ? "outage" : "fault";
  if (againCodes.has(state)) return "again";
  return outageCodes.test(state) ? "outage" : "fault";
}

/** No SQLSTATE: faults of the socket have a code, the driver's own are of class Error. Others are of this program. */
function isFromDriver(fault: unknown): boolean {
  return fault instanceof Error && ("code" in fault || fault.constructor === Error);
}

/** Whether the batch was certainly not committed. */
export function isRolledBack(fault: unknown): boolean {
  if (fault instanceof NotSent) return true;
  const state = sqlState(fault);
  return state !== undefined && rolledBackCodes.test(state);
}

/** Never the driver's own message: it may name hosts and users. `cause` has it. */
export function unavailable(fault: unknown, message = "the store can't be reached"): StoreUnavailable {
  return fault instanceof StoreUnavailable ? fault : new StoreUnavailable(message, { cause: fault });
}
