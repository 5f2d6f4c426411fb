/**
 * Checks what was recorded of one recipient against CONTRACT §4. Requests become steps with spans: a verify or cancel
 * takes effect at one moment between request and reply; a send at two, the first before its message is at the gateway,
 * the second after the gateway has answered. A request without an answer may or may not have taken effect. If the state
 * machine allows no order of all steps inside their spans, the contract was broken, whatever else is true: races cause
 * no false alarms.
 *
 * That one question covers: one success per OTP, never more than maxAttempts compared (each wrong code's count is
 * checked), nothing valid after expiry, cancel or success, every 200 send verifiable to its end, no 409 after a refused
 * send, a lease's end, locks, cooldowns, one code per verification, and keys whose replies are given again without a
 * second effect.
 */
import { isUnanswered, type Message, type Operation, type Subject } from "./history.ts";
import { Model } from "./model.ts";
import { type Best, type Finding, search } from "./search.ts";
import { assignments, outcomeOf, stepsOf } from "./steps.ts";

export type Verdict =
  | { readonly kind: "allowed" | "undecided" }
  | { readonly kind: "violation"; readonly why: string; readonly at?: Operation; readonly best?: Best };

export function checkSubject(subject: Subject): Verdict {
  return plainFaults(subject) ?? ordered(subject);
}

/** What needs no search. */
function plainFaults({ operations, messages, rules }: Subject): Verdict | undefined {
  for (const operation of operations) {
    const { reply, wall, verb } = operation;
    if (!reply || isUnanswered(operation)) continue;
    if (outcomeOf(operation, reply) === undefined)
      return { kind: "violation", why: `a reply that no state explains: ${reply.text}`, at: operation };
    if (verb !== "send" || reply.expiresAt === undefined || reply.replayed || reply.status !== 200) continue;
    const [from, to] = wall;
    if (
      reply.expiresAt < from + rules.ttlMs - 2 * rules.slackMs ||
      reply.expiresAt > to + rules.ttlMs + 2 * rules.slackMs
    )
      return { kind: "violation", why: `expiresAt is not the time of issue and ${rules.ttlMs} ms`, at: operation };
  }
  const codes = new Map<string, string>();
  const numbers = new Set<string>();
  for (const { verificationId, sendNo, code } of messages) {
    if ((codes.get(verificationId) ?? code) !== code)
      return { kind: "violation", why: `two codes for the verification ${verificationId}` };
    codes.set(verificationId, code);
    const number = `${verificationId} ${sendNo}`;
    if (numbers.has(number)) return { kind: "violation", why: `the message ${number} was handed over twice` };
    numbers.add(number);
  }
  return undefined;
}

/** Ways to assign messages to requests: looked at, and searched. If there are more, a recipient has no verdict. */
const assignmentsAtMost = 20_000;
const searchesAtMost = 64;

function ordered(subject: Subject): Verdict {
  const codes = new Map(subject.messages.map(({ code, verificationId }) => [code, verificationId]));
  const texts = new Map(
    subject.operations.map(({ id, reply }) => [id, reply?.status === 200 ? reply.text : undefined]),
  );
  const model = new Model(subject.rules, codes, (id) => texts.get(id));
  let worst: Finding | undefined;
  let withoutMessage: Operation | undefined;
  let looked = 0;
  let searched = 0;
  for (const sent of assignments(subject)) {
    looked += 1;
    if (looked > assignmentsAtMost || searched >= searchesAtMost) return { kind: "undecided" };
    const lacking = subject.operations.find((operation) => needsMessage(operation) && !sent.has(operation));
    if (lacking) {
      // Only this way: its message is then said to be another request's.
      withoutMessage ??= lacking;
      continue;
    }
    searched += 1;
    const finding = search(stepsOf(subject, sent), model);
    if (finding.kind === "allowed") return { kind: "allowed" };
    if (!worst || worst.kind === "impossible") worst = finding;
  }
  if (worst?.kind === "undecided") return { kind: "undecided" };
  if (!worst && withoutMessage)
    return { kind: "violation", why: "it was answered 200, and no message had left", at: withoutMessage };
  if (!worst) return { kind: "violation", why: "a message that no request can have sent" };
  return {
    kind: "violation",
    why: "no order of these requests is one that the states allow",
    ...("best" in worst ? { best: worst.best } : {}),
  };
}

function needsMessage(operation: Operation): boolean {
  const { verb, reply } = operation;
  return (verb === "send" || verb === "resend") && reply?.status === 200 && !reply.replayed;
}

/** The history as it was known at a moment: what was answered later is without an answer. */
function until({ name, rules, operations, messages }: Subject, moment: number): Subject {
  const kept: Message[] = messages.filter(({ at }) => at <= moment);
  return {
    name,
    rules,
    messages: kept,
    operations: operations
      .filter(({ start }) => start <= moment)
      .map((operation) => {
        if (operation.end <= moment) return operation;
        const { reply: _, ...unanswered } = operation;
        return unanswered;
      }),
  };
}

/** The shortest beginning that is wrong already, without the requests that only looked and are not needed for it. */
export function smallest(subject: Subject): Subject {
  const ends = subject.operations.map(({ end }) => end).sort((a, b) => a - b);
  const moment = ends.find((each) => checkSubject(until(subject, each)).kind === "violation");
  if (moment === undefined) return subject;
  let small = until(subject, moment);
  const lastStart = small.operations.find(({ end }) => end === moment)?.start ?? moment;
  for (const operation of [...small.operations].reverse()) {
    // What ran beside the last one may show why.
    if (!onlyLooked(operation) || operation.end >= lastStart) continue;
    const less = { ...small, operations: small.operations.filter((each) => each !== operation) };
    if (checkSubject(less).kind === "violation") small = less;
  }
  return small;
}

/** Whether the answer says that nothing was changed: the rest must be possible without it as well. */
function onlyLooked(operation: Operation): boolean {
  const { reply } = operation;
  if (!reply || isUnanswered(operation)) return false;
  const outcome = outcomeOf(operation, reply);
  return (
    outcome !== undefined &&
    (outcome.startsWith("429") || outcome.startsWith("otp_") || outcome === "idempotency_in_progress")
  );
}
