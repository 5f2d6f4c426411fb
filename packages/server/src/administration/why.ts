/** Why a number got no code: what happened to each of its messages, and what can be done. */
import type { PolicyDecision } from "../model/policy-decision.ts";
import type { Found } from "../model/search.ts";
import type { VerificationRecord } from "../model/verification.ts";
import type { Parts } from "./parts.ts";
import { search, type Wanted } from "./search.ts";

/** One thing that happened. */
export interface StoryEvent {
  /** Unix ms. */
  readonly at: number;
  readonly text: string;
}

/** What became of one verification, or of one message that was not sent. */
export interface Story {
  /** Of the verification, or of the decision. */
  readonly id: string;
  readonly accountId: string;
  readonly serviceId: string;
  /** The number, masked if only that is left. */
  readonly to: string;
  readonly requestId: string | null;
  readonly status: VerificationRecord["status"] | "refused" | "monitored";
  /** Oldest first. */
  readonly events: readonly StoryEvent[];
  /** What an operator can do; null: nothing needs to be done. */
  readonly next: string | null;
}

export interface Stories {
  /** Newest first. */
  readonly stories: readonly Story[];
  /** Where the next page begins; undefined: there is no more. */
  readonly next: string | undefined;
}

/** `shown`: how numbers are shown. */
export async function why(parts: Parts, wanted: Wanted, shown: (to: string) => string): Promise<Stories> {
  const { found, next } = await search(parts, wanted);
  return { stories: found.map((each) => storyOf(each, shown)), next };
}

export function storyOf(found: Found, shown: (to: string) => string): Story {
  if (found.kind === "decision") return storyOfDecision({ ...found.decision, to: shown(found.decision.to) });
  return storyOfVerification({ ...found.record, recipient: shown(found.record.recipient) });
}

function storyOfVerification(record: VerificationRecord): Story {
  const { verificationId: id, accountId, serviceId, recipient: to, requestId, status } = record;
  const events = [...eventsOf(record)].sort((a, b) => a.at - b.at);
  return { id, accountId, serviceId, to, requestId, status, events, next: nextOf(record) };
}

const checkTexts = { right: "right code", wrong: "wrong code", locked: "wrong code, the last that could be tried" };

function* eventsOf({ deliveries, checks, status, createdAt, expiresAt, endedAt }: VerificationRecord) {
  yield { at: createdAt, text: "code made" };
  for (const { at, operation, gateway, outcome, reason, receipt } of deliveries) {
    const what = `${gateway} ${outcome}${reason === undefined ? "" : `: ${reason}`}`;
    yield { at: Date.parse(at), text: operation === "resend-otp" ? `${what} (resend)` : what };
    if (receipt) {
      const code = receipt.code === undefined ? "" : ` (${receipt.code})`;
      yield { at: Date.parse(receipt.at), text: `${gateway} reports ${receipt.status.toUpperCase()}${code}` };
    }
  }
  for (const { at, outcome } of checks) yield { at, text: checkTexts[outcome] };
  if (status === "cancelled") yield { at: endedAt ?? expiresAt, text: "cancelled by the app" };
  if (status === "expired") yield { at: expiresAt, text: "expired" };
}

function nextOf({ status, recipient: to, serviceId, deliveries, checks }: VerificationRecord): string | null {
  const last = deliveries.at(-1);
  if (status === "verified") return null;
  if (status === "cancelled") return "a new send, when the user asks for one";
  if (status === "locked" || checks.at(-1)?.outcome === "locked")
    return `a new send; if it is refused for wrong codes: antryk unlock --service ${serviceId} --to ${to}`;
  if (!last)
    return "it is with the gateways; if it stays so, the server was stopped meanwhile: a new send says the same code";
  if (last.receipt?.status === "undelivered")
    return `ask the user about the number; or another gateway: antryk service update ${serviceId} --route …`;
  if (last.outcome === "unknown")
    return `antryk gateway health: ${last.gateway} did not answer; the code verifies, if it came`;
  if (last.receipt?.status === "delivered")
    return status === "pending" ? "the phone has it: the user must type it" : "the phone had it: a new send";
  if (status === "pending") return "the gateway has it and has not reported yet: a resend, if the user waits";
  return `no receipt of the phone came: antryk gateway show ${last.gateway} says how it reports; a new send`;
}

function storyOfDecision(decision: PolicyDecision): Story {
  const { decisionId: id, accountId, serviceId, to, requestId, at, operation, reason, rule, mode } = decision;
  const { threshold, observed } = decision;
  const isRefused = mode === "enforce";
  const figures = [
    threshold === null ? [] : [`threshold ${threshold}`],
    observed === null ? [] : [`observed ${observed}`],
  ].flat();
  const what = `${operation} ${isRefused ? "refused" : "sent, though the guard would have refused it"}`;
  const why = `${reason}${rule === null ? "" : ` (${rule})`}`;
  const text = `${what}: ${[why, ...figures].join(", ")}`;
  const status = isRefused ? "refused" : "monitored";
  const next = isRefused ? cureOf(decision) : null;
  return { id, accountId, serviceId, to, requestId, status, events: [{ at, text }], next };
}

/** What lifts a refusal. */
function cureOf({ reason, rule, to, accountId, serviceId, country }: PolicyDecision): string {
  const update = `antryk service update ${serviceId}`;
  switch (reason) {
    case "limit":
      return rule === "recipient" || rule === "attempts"
        ? `antryk limit reset --to ${to} --service ${serviceId}; or wait`
        : `wait, or raise the limit: ${rule === "account" ? "antryk account update" : `${update} --${rule}-limit …`}`;
    case "country":
      return `if the service must reach it: ${update} --countries …`;
    case "no_route":
      return `${update} --route …; antryk gateway list shows the gateways`;
    case "block_list":
      return "antryk block list, antryk block remove";
    case "guard":
      return `antryk allow add ${to} --until 1d; antryk guard show`;
    case "gateway":
      return `antryk gateway health; ask the user about the number; or another gateway: ${update} --route …`;
    case "budget":
      return `wait, or raise the budget: ${rule?.startsWith("account") ? `antryk account update ${accountId}` : update} ${
        rule?.endsWith("_country") ? `--country-budget ${country}=…` : "--budget …"
      }`;
    case "number_type":
      return "no SMS reaches a number of this type: ask the user for a mobile number";
  }
}
