/** The checker itself, on histories written by hand: what it must allow, and what it must not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkSubject } from "./check.ts";
import { explain } from "./explain.ts";
import type { Answer, GatewayAnswer, Message, Operation, Rules, Subject, Verb } from "./history.ts";

const rules: Rules = {
  ttlMs: 10_000,
  maxAttempts: 2,
  leaseMs: 13_000,
  cooldownsMs: [30_000],
  tries: 10,
  wrongCodes: 15,
  slackMs: 50,
  lateMs: 1_000,
};

/** A history in short: times in ms, `A` a verification and its code. */
class Story {
  readonly subject: Subject = { name: "someone", rules, operations: [], messages: [] };

  op(verb: Verb, start: number, end: number, reply?: Partial<Answer>, more: Partial<Operation> = {}): this {
    const id = this.subject.operations.length + 1;
    const whole: Answer | undefined = reply && {
      status: 200,
      retry: true,
      replayed: false,
      text: JSON.stringify(reply),
      ...reply,
    };
    this.subject.operations.push({
      id,
      verb,
      start,
      end,
      wall: [start, end],
      server: 1,
      ...(whole ? { reply: whole } : {}),
      ...more,
    });
    return this;
  }

  message(verificationId: string, sendNo: number, at: number, answer: GatewayAnswer = "accepted"): this {
    const message: Message = {
      verificationId,
      sendNo,
      code: `code of ${verificationId}`,
      at,
      answeredAt: at + 1,
      answer,
    };
    this.subject.messages.push(message);
    return this;
  }

  sent(id: string, start: number, sendNo = 1): this {
    return this.op("send", start, start + 20, { verificationId: id }).message(id, sendNo, start + 10);
  }

  verify(id: string, start: number, end: number, reply?: Partial<Answer>, more: Partial<Operation> = {}): this {
    return this.op("verify", start, end, reply, { otp: `code of ${id}`, ...more });
  }
}

const valid = (verificationId: string): Partial<Answer> => ({ valid: true, verificationId });
const wrong = (verificationId: string, attemptsRemaining: number): Partial<Answer> => ({
  valid: false,
  verificationId,
  attemptsRemaining,
});
const error = (status: number, type: string, more: Partial<Answer> = {}): Partial<Answer> => ({
  status,
  type,
  ...more,
});
const notFound = error(404, "otp_not_found");
const expired = error(410, "otp_expired");
const pending = error(409, "otp_pending");
const refused = error(500, "provider_unavailable");
const unknown = error(500, "provider_unavailable", { retry: false });
const locked = error(429, "rate_limited", { limit: "otp" });

const allowed: Record<string, Story> = {
  "one success, the other is not found, in either order": new Story()
    .sent("A", 0)
    .verify("A", 100, 200, notFound)
    .verify("A", 100, 200, valid("A")),
  "a verify while the send is with the gateway": new Story()
    .op("send", 0, 500, { verificationId: "A" })
    .message("A", 1, 10)
    .verify("A", 50, 60, valid("A")),
  "wrong codes up to the cap": new Story()
    .sent("A", 0)
    .verify("?", 30, 60, wrong("A", 0))
    .verify("?", 30, 60, wrong("A", 1))
    .verify("A", 70, 80, locked),
  "a verify without an answer was counted": new Story()
    .sent("A", 0)
    .verify("?", 30, 40)
    .verify("?", 50, 60, wrong("A", 0)),
  "a verify without an answer was not counted": new Story()
    .sent("A", 0)
    .verify("?", 30, 40)
    .verify("?", 50, 60, wrong("A", 1)),
  "a send after a refused one": new Story().op("send", 0, 20, refused).message("A", 1, 10, "refused").sent("B", 30),
  "the same code after an unknown outcome": new Story()
    .op("send", 0, 20, unknown)
    .message("A", 1, 10, "unknown")
    .sent("A", 30, 2),
  "around the end, either": new Story()
    .sent("A", 0)
    .verify("?", 9_990, 10_005, expired)
    .verify("A", 9_990, 10_005, valid("A")),
  "a send that died after its message left, once the code before was used": new Story()
    .sent("A", 0)
    .verify("A", 30, 90, valid("A"))
    .op("send", 50, 800)
    .verify("?", 52, 700, wrong("B", 1))
    .message("B", 1, 699),
  "of two requests without an answer, the second one's message": new Story()
    .op("resend", 0, 10)
    .op("send", 100, 110)
    .message("A", 1, 105, "unknown")
    .verify("A", 200, 210, valid("A"))
    .sent("B", 300),
  "a send that died keeps the number for its lease": new Story()
    .op("send", 0, 20)
    .message("A", 1, 10, "unknown")
    .op("send", 12_000, 12_010, pending)
    .sent("B", 13_100),
};

const forbidden: Record<string, Story> = {
  "two successes": new Story().sent("A", 0).verify("A", 100, 200, valid("A")).verify("A", 100, 200, valid("A")),
  "a success after the code is used": new Story()
    .sent("A", 0)
    .verify("A", 100, 110, valid("A"))
    .verify("A", 120, 130, valid("A")),
  "more wrong codes than the cap": new Story()
    .sent("A", 0)
    .verify("?", 30, 40, wrong("A", 1))
    .verify("?", 50, 60, wrong("A", 1)),
  "a right code after the cap": new Story()
    .sent("A", 0)
    .verify("?", 30, 40, wrong("A", 1))
    .verify("?", 50, 60, wrong("A", 0))
    .verify("A", 70, 80, valid("A")),
  "a code after its end": new Story().sent("A", 0).verify("A", 10_200, 10_300, valid("A")),
  "an end before the end": new Story().sent("A", 0).verify("A", 9_000, 9_100, expired),
  "a code after it was cancelled": new Story()
    .sent("A", 0)
    .op("cancel", 30, 40, { verificationId: "A" })
    .verify("A", 50, 60, valid("A")),
  "a 200 send that can't be verified": new Story().sent("A", 0).verify("A", 30, 40, notFound),
  "a refused send that leaves something pending": new Story()
    .op("send", 0, 20, refused)
    .message("A", 1, 10, "refused")
    .op("send", 30, 40, pending),
  "another code after an unknown outcome": new Story()
    .op("send", 0, 20, unknown)
    .message("A", 1, 10, "unknown")
    .sent("B", 30),
  "a lease that does not end": new Story()
    .op("send", 0, 20)
    .message("A", 1, 10, "unknown")
    .op("send", 14_000, 14_010, pending),
  "a message that no request asked for": new Story().sent("A", 0).message("A", 2, 500),
  "a 200 without a message": new Story().op("send", 0, 20, { verificationId: "A" }),
  "a repeated key that is compared again": new Story()
    .sent("A", 0)
    .verify("?", 30, 40, wrong("A", 1), { key: "k" })
    .verify("?", 50, 60, wrong("A", 0), { key: "k" }),
  "a fault of the server": new Story().sent("A", 0).verify("A", 30, 40, error(500, "internal_error")),
};

for (const [name, { subject }] of Object.entries(allowed)) {
  test(`allowed: ${name}`, () => {
    const verdict = checkSubject(subject);
    assert.equal(verdict.kind, "allowed", verdict.kind === "violation" ? explain(subject) : "");
  });
}

for (const [name, { subject }] of Object.entries(forbidden)) {
  test(`caught: ${name}`, () => {
    assert.equal(checkSubject(subject).kind, "violation");
    assert.match(explain(subject), /^someone: /);
  });
}
