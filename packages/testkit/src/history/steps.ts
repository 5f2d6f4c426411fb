/** From requests and messages to steps: the moments at which the store may have changed, each with its span. */
import { type Answer, isUnanswered, type Message, type Operation, type Subject } from "./history.ts";

export interface Step {
  readonly operation: Operation;
  /** A send has two: up to the gateway, and what came of it. */
  readonly part: "whole" | "reserve" | "settle";
  readonly from: number;
  readonly to: number;
  /** false: it may never have happened. */
  readonly must: boolean;
  /** The place of the step that comes first. */
  readonly after?: number;
  /** The message that it led to. */
  readonly message?: Message;
  /** What a settle settles. */
  readonly result?: "accepted" | "refused" | "unknown";
  /** What an operation with a reply saw; `undefined`: anything. */
  readonly saw?: string;
}

/** What a reply says of the state, as text. `ran`: the message was handed over, whatever came of it. */
export function outcomeOf({ verb }: Operation, reply: Answer): string | undefined {
  const { status, type, limit, verificationId, valid, attemptsRemaining, replayed } = reply;
  if (status === 200) {
    if (verb === "cancel") return `cancelled ${verificationId}`;
    if (verb !== "verify") return replayed ? "replayed" : "ran";
    return valid ? `valid ${verificationId}` : `wrong ${verificationId} ${attemptsRemaining}`;
  }
  if (type === "rate_limited") return `429 ${limit}`;
  if (
    type === "otp_pending" ||
    type === "idempotency_in_progress" ||
    type === "otp_not_found" ||
    type === "otp_expired"
  )
    return type;
  if (verb === "send" || verb === "resend") return resultOf(reply) ? "ran" : undefined;
  return undefined;
}

/** What a send's own reply says came of its message. */
export function resultOf({ status, type, retry }: Answer): Step["result"] | undefined {
  if (status === 200) return "accepted";
  if (type === "invalid_recipient" || type === "recipient_blocked") return "refused";
  return type === "provider_unavailable" ? (retry ? "refused" : "unknown") : undefined;
}

/** The latest moment at which an operation may have had its effect. */
function latest({ rules }: Subject, operation: Operation): number {
  return operation.end + (isUnanswered(operation) ? rules.lateMs : 0);
}

/** Whether this operation may have sent this message. */
function maySend(subject: Subject, operation: Operation, message: Message): boolean {
  const { verb, reply, start } = operation;
  if (verb !== "send" && verb !== "resend") return false;
  if (message.at < start || message.at > latest(subject, operation)) return false;
  if (!reply || isUnanswered(operation)) return true;
  if (outcomeOf(operation, reply) !== "ran") return false;
  const result = resultOf(reply);
  if (result === "accepted") return message.answer === "accepted" && reply.verificationId === message.verificationId;
  return result === "unknown" || message.answer === result;
}

/** Every way to assign messages to the operations that sent them; none if no operation can have sent a message. */
export function* assignments(subject: Subject): Generator<ReadonlyMap<Operation, Message>> {
  const { messages, operations } = subject;
  const chosen = new Map<Operation, Message>();
  function* assign(index: number): Generator<ReadonlyMap<Operation, Message>> {
    const message = messages[index];
    if (!message) {
      yield new Map(chosen);
      return;
    }
    // Replies that are certain first: they leave the fewest choices.
    const able = operations.filter((each) => !chosen.has(each) && maySend(subject, each, message));
    able.sort((a, b) => Number(isUnanswered(a)) - Number(isUnanswered(b)));
    for (const operation of able) {
      chosen.set(operation, message);
      yield* assign(index + 1);
      chosen.delete(operation);
    }
  }
  yield* assign(0);
}

export function stepsOf(subject: Subject, sent: ReadonlyMap<Operation, Message>): Step[] {
  const steps: Step[] = [];
  for (const operation of subject.operations) {
    const { reply, start } = operation;
    const to = latest(subject, operation);
    const unanswered = isUnanswered(operation);
    const saw = reply && !unanswered ? outcomeOf(operation, reply) : undefined;
    const must = !unanswered;
    const isSend = operation.verb === "send" || operation.verb === "resend";
    if (!isSend || (must && saw !== "ran")) {
      steps.push({ operation, part: "whole", from: start, to, must, ...(saw === undefined ? {} : { saw }) });
      continue;
    }
    const message = sent.get(operation);
    const reserve = steps.length;
    steps.push({
      operation,
      part: "reserve",
      from: start,
      to: message?.at ?? to,
      must: must || message !== undefined,
      // If a message left, it ran, whatever was answered.
      ...(message ? { message, saw: "ran" } : saw === undefined ? {} : { saw }),
    });
    // Nothing was handed over, so nothing is settled.
    if (unanswered && !message) continue;
    const result = (reply && resultOf(reply)) ?? message?.answer ?? "unknown";
    steps.push({
      operation,
      part: "settle",
      from: message?.answeredAt ?? start,
      to,
      must,
      after: reserve,
      result,
      ...(message ? { message } : {}),
    });
  }
  return steps;
}
