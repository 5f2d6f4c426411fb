/** The reply to a fault of the server; the log has the details. */
import { StoreUnavailable } from "../../model/errors.ts";
import type { Log } from "../../observe/log.ts";
import { errorReply, type Reply, unavailableReply } from "./reply.ts";

export function faultReply(log: Log, fault: unknown, requestId: string): Reply {
  if (fault instanceof StoreUnavailable) {
    log.error({ event: "store_unavailable", requestId, reason: reasonOf(fault) }, fault.message);
    return unavailableReply();
  }
  const { name, message, stack } = fault instanceof Error ? fault : new Error("not an Error was thrown");
  log.error({ event: "fault", requestId, name, message, stack }, "a request met a fault of the server");
  return errorReply("internal_error", { retryAfterMs: 1_000 });
}

function reasonOf({ cause }: StoreUnavailable): string | undefined {
  return cause instanceof Error ? cause.message : undefined;
}
