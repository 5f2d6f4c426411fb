/**
 * What an SMSC's command_status means (SMPP v3.4 Issue 1.2, §5.1.3, table 5-2). A response with one that is not 0 has
 * not taken the message.
 */
import type { Failed, FailureClass } from "../port.ts";

const statuses: Readonly<Record<number, readonly [name: string, failure: FailureClass]>> = {
  1: ["ESME_RINVMSGLEN", "rejected"],
  2: ["ESME_RINVCMDLEN", "rejected"],
  3: ["ESME_RINVCMDID", "rejected"],
  4: ["ESME_RINVBNDSTS", "unavailable"],
  5: ["ESME_RALYBND", "unavailable"],
  6: ["ESME_RINVPRTFLG", "rejected"],
  7: ["ESME_RINVREGDLVFLG", "rejected"],
  8: ["ESME_RSYSERR", "unavailable"],
  10: ["ESME_RINVSRCADR", "rejected"],
  11: ["ESME_RINVDSTADR", "invalid_recipient"],
  12: ["ESME_RINVMSGID", "rejected"],
  13: ["ESME_RBINDFAIL", "auth"],
  14: ["ESME_RINVPASWD", "auth"],
  15: ["ESME_RINVSYSID", "auth"],
  20: ["ESME_RMSGQFUL", "rate_limited"],
  21: ["ESME_RINVSERTYP", "rejected"],
  67: ["ESME_RINVESMCLASS", "rejected"],
  69: ["ESME_RSUBMITFAIL", "unavailable"],
  72: ["ESME_RINVSRCTON", "rejected"],
  73: ["ESME_RINVSRCNPI", "rejected"],
  // The settings' type of number, not the number: another gateway may well take it.
  80: ["ESME_RINVDSTTON", "rejected"],
  81: ["ESME_RINVDSTNPI", "rejected"],
  83: ["ESME_RINVSYSTYP", "auth"],
  84: ["ESME_RINVREPFLAG", "rejected"],
  88: ["ESME_RTHROTTLED", "rate_limited"],
  97: ["ESME_RINVSCHED", "rejected"],
  98: ["ESME_RINVEXPIRY", "rejected"],
  99: ["ESME_RINVDFTMSGID", "rejected"],
  100: ["ESME_RX_T_APPN", "unavailable"],
  101: ["ESME_RX_P_APPN", "rejected"],
  102: ["ESME_RX_R_APPN", "rejected"],
  192: ["ESME_RINVOPTPARSTREAM", "rejected"],
  193: ["ESME_ROPTPARNOTALLWD", "rejected"],
  194: ["ESME_RINVPARLEN", "rejected"],
  195: ["ESME_RMISSINGOPTPARAM", "rejected"],
  196: ["ESME_RINVOPTPARAMVAL", "rejected"],
  254: ["ESME_RDELIVERYFAILURE", "unavailable"],
  255: ["ESME_RUNKNOWNERR", "unknown"],
};

/** A refusal of a message or of a bind. One that is in no table, such as a vendor's (0x400 to 0x4FF), is `rejected`. */
export function refusedByStatus(status: number): Failed {
  const [name = "of the SMSC's own", failure = "rejected"] = statuses[status] ?? [];
  return {
    outcome: "failed",
    class: failure,
    ambiguous: false,
    detail: `command_status 0x${status.toString(16).padStart(8, "0")} ${name}`,
  };
}
