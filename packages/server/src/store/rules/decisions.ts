/** How a kept decision is read. Pure. */
import type { PolicyDecision } from "../../model/policy-decision.ts";
import { malformed, oneOf, wholeIn } from "./cells.ts";

const what = "the decision";
const operations: ReadonlySet<PolicyDecision["operation"]> = new Set(["send-otp", "resend-otp"]);
const modes: ReadonlySet<PolicyDecision["mode"]> = new Set(["enforce", "monitor"]);

/** Throws UnreadableRow. Fields that a newer program has added are passed over. */
export function decodeDecision(state: string): PolicyDecision {
  let read: Partial<Record<keyof PolicyDecision, unknown>>;
  try {
    read = JSON.parse(state) as typeof read;
  } catch {
    malformed(what);
  }
  if (typeof read !== "object" || read === null) malformed(what);
  const text = (name: keyof PolicyDecision) => (typeof read[name] === "string" ? read[name] : malformed(what));
  const textOrNull = (name: keyof PolicyDecision) => (read[name] === null ? null : text(name));
  const numberOrNull = (name: keyof PolicyDecision) => {
    const value = read[name];
    return value === null || (typeof value === "number" && Number.isFinite(value)) ? value : malformed(what);
  };
  return {
    decisionId: text("decisionId"),
    at: wholeIn(read.at, what),
    requestId: textOrNull("requestId"),
    accountId: text("accountId"),
    serviceId: text("serviceId"),
    operation: oneOf(text("operation"), operations, what),
    to: text("to"),
    country: text("country"),
    network: textOrNull("network"),
    reason: text("reason") as PolicyDecision["reason"],
    rule: textOrNull("rule"),
    threshold: numberOrNull("threshold"),
    observed: numberOrNull("observed"),
    mode: oneOf(text("mode"), modes, what),
  };
}
