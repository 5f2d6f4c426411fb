/** The state machine of one account: what is pending, locked or expired, and how much each recipient has used up. */
import type { ErrorType } from "../generated/error-rows.ts";
import type { SandboxNumber } from "../generated/sandbox-numbers.ts";
import type { Bodies, PostOperation } from "../operations.ts";
import type {
  BlockedReason,
  CancelOtpReply,
  DeliveryAttempt,
  LimitName,
  SendOtpReply,
  VerificationReply,
  VerifyOtpReply,
} from "../types.ts";
import { fakeDefaults } from "./defaults.ts";
import { newVerificationId, randomCode } from "./ids.ts";
import { sandboxNumber, sandboxRefusal } from "./sandbox-numbers.ts";
import type { FakeLimit, FakeOptions } from "./settings.ts";

/** A message that the fake "sent". */
export interface FakeMessage {
  readonly to: string;
  readonly serviceId: string;
  readonly verificationId: string;
  readonly code: string;
  readonly sentAt: Date;
}

/** Why a request is refused. */
export interface Refusal {
  readonly refused: ErrorType;
  readonly param?: string;
  readonly retryAfterMs?: number;
  readonly expiresAt?: number;
  readonly attemptsRemaining?: number;
  /** The same request cannot succeed, although its row says that it may. */
  readonly final?: true;
  readonly limit?: FakeLimit & { readonly name: LimitName };
  /** Until when no code is compared. */
  readonly lockedUntil?: number;
  readonly mayHaveBeenSent?: boolean;
  readonly reason?: BlockedReason;
}

/** What every verb is about. */
export interface Target {
  readonly to: string;
  readonly serviceId: string;
}

/** A send, with what comes back in replies. */
export type Send = Target & { readonly metadata?: Record<string, string> | undefined };

interface Otp extends Send {
  /** It is of a test number: no message left. */
  readonly isTest: boolean;
  readonly verificationId: string;
  readonly code: string;
  readonly createdAt: number;
  expiresAt: number;
  readonly deliveries: DeliveryAttempt[];
  /** It is not known whether its message left. */
  isUncertain: boolean;
  ended: "verified" | "cancelled" | undefined;
  endedAt: number | undefined;
  attempts: number;
  resends: number;
  resendAt: number;
}

interface Recipient {
  otp: Otp | undefined;
  /** Times of sends and resends, oldest first. */
  sends: number[];
  /** When the count of wrong codes is back at zero. */
  wrongUntil: number;
}

/** What each operation does, given its checked body. */
type Verbs = {
  readonly [Name in PostOperation]: (
    target: Target,
    body: Readonly<Record<string, unknown>>,
  ) => Bodies[Name]["reply"] | Refusal;
};

type Settings = Required<
  Pick<FakeOptions, "codeLength" | "ttlSeconds" | "maxAttempts" | "wrongCode" | "recipientLimits" | "testNumbers">
>;

export class FakeState {
  readonly messages: FakeMessage[] = [];
  /** Whether the gateway's answers are lost: it is not known whether a message left. */
  losesAnswers = false;
  readonly verbs: Verbs = {
    "send-otp": (target, { metadata }) => this.send({ ...target, metadata: metadata as Send["metadata"] }),
    "verify-otp": (target, { otp }) => this.verify(target, String(otp)),
    "resend-otp": (target) => this.resend(target),
    "cancel-otp": (target) => this.cancel(target),
  };
  readonly #settings: Settings;
  readonly #now: () => number;
  readonly #recipients = new Map<string, Recipient>();
  readonly #byId = new Map<string, Otp>();

  constructor(settings: Settings, now: () => number) {
    this.#settings = settings;
    this.#now = now;
  }

  send(target: Send): SendOtpReply | Refusal {
    const now = this.#now();
    const simulated = this.#simulated(target, "send-otp");
    if (simulated) return simulated;
    const recipient = this.#recipient(target);
    const { otp } = recipient;
    const open = otp && !otp.ended && now < otp.expiresAt && !this.#isLocked(otp) ? otp : undefined;
    if (otp && open && !open.isUncertain) {
      return { refused: "otp_pending", retryAfterMs: otp.expiresAt - now, expiresAt: otp.expiresAt };
    }
    const early = otp?.ended === "cancelled" ? this.#tooEarly(otp) : undefined;
    const refusal = this.#tooManyWrong(recipient) ?? early ?? this.#tooManySends(recipient);
    if (refusal) return refusal;
    const { codeLength, ttlSeconds, testNumbers } = this.#settings;
    const fixed = Object.hasOwn(testNumbers, target.to) ? testNumbers[target.to] : undefined;
    const next: Otp = open ?? {
      ...target,
      verificationId: newVerificationId(now),
      code: fixed ?? randomCode(codeLength),
      isTest: fixed !== undefined,
      createdAt: now,
      expiresAt: now + ttlSeconds * 1000,
      deliveries: [],
      isUncertain: false,
      ended: undefined,
      endedAt: undefined,
      attempts: 0,
      resends: 0,
      resendAt: now + cooldownMs(0),
    };
    next.expiresAt = now + ttlSeconds * 1000;
    next.resends = 0;
    next.resendAt = now + cooldownMs(0);
    recipient.otp = next;
    this.#byId.set(next.verificationId, next);
    return this.#deliver(recipient, next, "send-otp");
  }

  resend(target: Target): SendOtpReply | Refusal {
    const recipient = this.#recipient(target);
    const otp = this.#open(recipient);
    if ("refused" in otp) return otp;
    const refusal =
      this.#locked(otp) ?? this.#tooManyWrong(recipient) ?? this.#tooEarly(otp) ?? this.#tooManySends(recipient);
    if (refusal) return refusal;
    otp.resends += 1;
    otp.resendAt = this.#now() + cooldownMs(otp.resends);
    return this.#deliver(recipient, otp, "resend-otp");
  }

  verify(target: Target, code: string): VerifyOtpReply | Refusal {
    const now = this.#now();
    const simulated = this.#simulated(target, "verify-otp");
    if (simulated) return simulated;
    const recipient = this.#recipient(target);
    const otp = this.#open(recipient);
    if ("refused" in otp) return otp;
    const refusal = this.#locked(otp) ?? this.#tooManyWrong(recipient);
    if (refusal) return refusal;
    const { to, verificationId, expiresAt } = otp;
    const extras = extrasOf(otp);
    if (code === otp.code) {
      otp.ended = "verified";
      otp.endedAt = now;
      recipient.wrongUntil = 0;
      return {
        success: true,
        message: "Otp Verified Successfully!",
        data: { valid: true, to, status: "verified", verificationId, ...extras },
      };
    }
    otp.attempts += 1;
    recipient.wrongUntil = Math.max(recipient.wrongUntil, now) + wrongCodeIntervalMs;
    const attemptsRemaining = this.#settings.maxAttempts - otp.attempts;
    const isAnswered400 =
      (!otp.isTest && sandboxNumber(to)?.error === "otp_invalid") || this.#settings.wrongCode === "otp_invalid";
    if (isAnswered400) return { refused: "otp_invalid", attemptsRemaining };
    const times = { expiresIn: seconds(expiresAt - now), expiresAt: iso(expiresAt) };
    return {
      success: true,
      message: null,
      data: { valid: false, status: "pending", to, verificationId, attemptsRemaining, ...times, ...extras },
    };
  }

  cancel(target: Target): CancelOtpReply | Refusal {
    const { otp } = this.#recipient(target);
    if (!otp || otp.ended || this.#now() >= otp.expiresAt || this.#isLocked(otp)) return { refused: "otp_not_found" };
    otp.ended = "cancelled";
    otp.endedAt = this.#now();
    const data = { ...target, status: "cancelled" as const, verificationId: otp.verificationId };
    return { success: true, message: "Otp Cancelled Successfully!", data };
  }

  find(verificationId: string): VerificationReply | Refusal {
    const otp = this.#byId.get(verificationId);
    if (!otp) return { refused: "not_found" };
    const { serviceId, to, attempts, createdAt, expiresAt, endedAt, deliveries } = otp;
    const unused = this.#now() >= expiresAt ? "expired" : this.#isLocked(otp) ? "locked" : "pending";
    return {
      success: true,
      message: null,
      data: {
        verificationId,
        serviceId,
        to,
        status: otp.ended ?? unused,
        attempts,
        maxAttempts: this.#settings.maxAttempts,
        createdAt: iso(createdAt),
        expiresAt: iso(expiresAt),
        endedAt: endedAt === undefined ? null : iso(endedAt),
        deliveries: deliveries.map((delivery) => ({ ...delivery })),
        ...extrasOf(otp),
      },
    };
  }

  /** When the current OTP expires. */
  expiresAt(target: Target): number | undefined {
    return this.#recipient(target).otp?.expiresAt;
  }

  #recipient({ to, serviceId }: Target): Recipient {
    const key = `${serviceId.toLowerCase()} ${to}`;
    const recipient = this.#recipients.get(key) ?? { otp: undefined, sends: [], wrongUntil: 0 };
    this.#recipients.set(key, recipient);
    const { otp } = recipient;
    if (otp && this.#now() >= (otp.endedAt ?? otp.expiresAt) + fakeDefaults.endedOtpMs) recipient.otp = undefined;
    return recipient;
  }

  #open({ otp }: Recipient): Otp | Refusal {
    if (!otp || otp.ended) return { refused: "otp_not_found" };
    return this.#now() >= otp.expiresAt ? { refused: "otp_expired" } : otp;
  }

  #deliver(recipient: Recipient, otp: Otp, operation: DeliveryAttempt["operation"]): SendOtpReply | Refusal {
    const now = this.#now();
    const { to, serviceId, verificationId, code, expiresAt, resendAt } = otp;
    recipient.sends.push(now);
    const simulation = otp.isTest ? undefined : sandboxNumber(to);
    if (!otp.isTest) this.messages.push({ to, serviceId, verificationId, code, sentAt: new Date(now) });
    const attempt = { at: iso(now), operation, gateway: otp.isTest ? "test" : "fake", durationMs: 0 };
    const isLost = !otp.isTest && (this.losesAnswers || simulation?.mayHaveBeenSent === true);
    if (operation === "send-otp") otp.isUncertain = isLost;
    if (isLost) {
      otp.deliveries.push({ ...attempt, outcome: "unknown", reason: "timeout" });
      return { refused: "provider_unavailable", mayHaveBeenSent: true, final: true };
    }
    otp.deliveries.push({
      ...attempt,
      outcome: "accepted",
      ...acceptedBy(this.messages.length, otp.isTest, now, simulation?.receipt),
    });
    const times = { expiresIn: seconds(expiresAt - now), expiresAt: iso(expiresAt), resendAt: iso(resendAt) };
    return {
      success: true,
      message: "Otp Sent Successfully!",
      data: { to, serviceId, status: "pending", verificationId, ...times, ...extrasOf(otp) },
    };
  }

  /** A test number is none of the sandbox's. */
  #simulated({ to }: Target, operation: SandboxNumber["operation"]): Refusal | undefined {
    if (Object.hasOwn(this.#settings.testNumbers, to)) return undefined;
    return sandboxRefusal(to, operation, this.#settings, this.#now());
  }

  #isLocked(otp: Otp): boolean {
    return otp.attempts >= this.#settings.maxAttempts;
  }

  #locked(otp: Otp): Refusal | undefined {
    if (!this.#isLocked(otp)) return undefined;
    const limit = { name: "otp" as const, count: this.#settings.maxAttempts, windowMs: otp.expiresAt - otp.createdAt };
    const { expiresAt } = otp;
    return {
      refused: "rate_limited",
      retryAfterMs: expiresAt - this.#now(),
      final: true,
      limit,
      lockedUntil: expiresAt,
    };
  }

  #tooEarly(otp: Otp): Refusal | undefined {
    return limited("cooldown", { count: 1, windowMs: cooldownMs(otp.resends) }, otp.resendAt - this.#now());
  }

  #tooManyWrong({ wrongUntil }: Recipient): Refusal | undefined {
    const { wrongCodes } = fakeDefaults;
    const lockedUntil = wrongUntil - (wrongCodes.count - 1) * wrongCodeIntervalMs;
    const refusal = limited("wrong_codes", wrongCodes, lockedUntil - this.#now());
    return refusal && { ...refusal, lockedUntil };
  }

  #tooManySends({ sends }: Recipient): Refusal | undefined {
    const wait = (limit: FakeLimit) =>
      (sends.at(-limit.count) ?? Number.NEGATIVE_INFINITY) + limit.windowMs - this.#now();
    const limits = [
      { name: "attempts" as const, limit: fakeDefaults.recipientTries },
      ...this.#settings.recipientLimits.map((limit) => ({ name: "recipient" as const, limit })),
    ];
    const refusals = limits.flatMap(({ name, limit }) => limited(name, limit, wait(limit)) ?? []);
    return refusals.sort((a, b) => (b.retryAfterMs ?? 0) - (a.retryAfterMs ?? 0))[0];
  }
}

const wrongCodeIntervalMs = fakeDefaults.wrongCodes.windowMs / fakeDefaults.wrongCodes.count;

function limited(name: LimitName, limit: FakeLimit, waitMs: number): Refusal | undefined {
  if (waitMs <= 0) return undefined;
  const reason = name === "recipient" || name === "attempts" ? { reason: "limit" as const } : {};
  return { refused: "rate_limited", retryAfterMs: waitMs, limit: { ...limit, name }, ...reason };
}

function cooldownMs(resends: number): number {
  const steps = fakeDefaults.resendCooldownSeconds;
  return (steps[Math.min(resends, steps.length - 1)] ?? 0) * 1000;
}

/** Whole seconds, rounded up. */
export function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** What a reply has only of some verifications. */
function extrasOf({ metadata, isTest }: Otp): { metadata?: Record<string, string>; test?: true } {
  return {
    ...(metadata && Object.keys(metadata).length > 0 ? { metadata } : {}),
    ...(isTest ? { test: true } : {}),
  };
}

type Accepted = Pick<DeliveryAttempt, "messageId" | "receipt">;

function acceptedBy(messages: number, isTest: boolean, now: number, status: SandboxNumber["receipt"]): Accepted {
  if (isTest) return {};
  return { messageId: `fake-${messages}`, ...(status === undefined ? {} : { receipt: { status, at: iso(now) } }) };
}
