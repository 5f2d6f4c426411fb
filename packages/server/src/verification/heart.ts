/** The four verbs of a verification. Knows no HTTP and no SQL. */
import { type BlockedReason, type DeliveryAttempt, sendBudget } from "@antryk/contract";
import { type DeliveryPlan, deliver } from "../delivery/deliver.ts";
import type { GatewayDirectory } from "../delivery/gateways.ts";
import type { Timer } from "../delivery/timer.ts";
import type { Keyring, LiveKey } from "../keyring/keyring.ts";
import { renderMessage } from "../messages/render.ts";
import type { IdempotencyClaim, IdempotencyConflict, IdempotentOperation } from "../model/idempotency.ts";
import { newLeaseToken, newVerificationId, randomNonce } from "../model/ids.ts";
import type { SendLimits, SharedLimit } from "../model/limits.ts";
import { bucketOf, type RecipientKey } from "../model/recipient.ts";
import type { Reservation } from "../model/sending.ts";
import type { VerificationRecord } from "../model/verification.ts";
import type { Log } from "../observe/log.ts";
import { maskRecipient } from "../observe/mask.ts";
import { guessChargesOf, type Unjudged } from "../policy/charges.ts";
import { widestOf } from "../policy/client-address.ts";
import type { Suspicion } from "../policy/guard.ts";
import { type Judge, judge as judgeByPolicy } from "../policy/judge.ts";
import { dialledSpelling } from "../policy/spellings.ts";
import { noTraffic, type TrafficFollower } from "../policy/standing.ts";
import type { Store } from "../store/port.ts";
import { deriveCode } from "./code.ts";
import { Decisions, type JudgedRequest, type KeepDecision } from "./decisions.ts";
import type {
  Blocked,
  CancelOutcome,
  KeyConflict,
  Replayable,
  ResendOutcome,
  SendOutcome,
  SentOutcome,
  VerifyOutcome,
} from "./outcomes.ts";
import { recipientKey } from "./recipient-key.ts";
import type { IdempotencyInput, VerificationRequest } from "./request.ts";
import { type Estimate, Spending, type SpendingParts } from "./spending.ts";

export interface HeartParts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly gateways: GatewayDirectory;
  readonly log: Log;
  /** Says whether a message may be sent; the default is the policy's. */
  readonly judge?: Judge;
  /** Time for all gateways of one send, ms; the default is the contract's. */
  readonly budgetMs?: number;
  /** What that time is measured with; the default is real time. */
  readonly timer?: Timer | undefined;
  /** Called before each reservation, with the limits of many recipients that it is charged to. */
  readonly onCharged?: (accountId: string, charges: readonly SharedLimit[]) => void;
  /** Called for each limit that a send could not be counted in, because the request does not say whom. */
  readonly onUnjudged?: (limit: Unjudged) => void;
  /** What is known of traffic; the default knows nothing. */
  readonly traffic?: TrafficFollower;
  /** Keeps what the policy decides; the default keeps nothing. */
  readonly keepDecision?: KeepDecision;
  /** Called with what a gateway has taken for a message of an account that has a currency. */
  readonly onSpent?: SpendingParts["onSpent"];
  /** Called after each message that was handed to gateways, with its attempts. */
  readonly onDelivered?: (attempts: readonly DeliveryAttempt[]) => void;
}

/** A send or resend on its way. */
interface Sending {
  readonly kind: "sending";
  readonly operation: "send-otp" | "resend-otp";
  readonly request: VerificationRequest;
  readonly key: RecipientKey;
  readonly limits: SendLimits;
  readonly plan: DeliveryPlan;
  /** What it may cost; undefined: nothing is known of money. */
  readonly estimate: Estimate | undefined;
  readonly leaseToken: string;
  readonly idempotency: IdempotencyClaim | undefined;
}

/** The policy refuses it, or no route takes it. */
interface NotAllowed extends JudgedRequest {
  readonly kind: "not_allowed";
  readonly blocked: Blocked;
  readonly suspicion: Suspicion | undefined;
}

type HandedOver = Replayable<SentOutcome> | Extract<SendOutcome, { kind: "refused" | "blocked" | "unknown" }>;

export class Heart {
  readonly #store: Store;
  readonly #keyring: Keyring;
  readonly #gateways: GatewayDirectory;
  readonly #log: Log;
  readonly #judge: Judge;
  readonly #budgetMs: number;
  readonly #timer: Timer | undefined;
  readonly #leaseMs: number;
  readonly #traffic: TrafficFollower;
  readonly #decisions: Decisions;
  readonly #spending: Spending;
  readonly #onCharged: HeartParts["onCharged"];
  readonly #onUnjudged: HeartParts["onUnjudged"];
  readonly #onDelivered: HeartParts["onDelivered"];

  constructor(parts: HeartParts) {
    const {
      store,
      keyring,
      gateways,
      log,
      judge = judgeByPolicy,
      budgetMs = sendBudget.budgetMs,
      timer,
      traffic = noTraffic,
      keepDecision = () => undefined,
      onCharged,
      onUnjudged,
      onDelivered,
    } = parts;
    this.#store = store;
    this.#keyring = keyring;
    this.#gateways = gateways;
    this.#log = log;
    this.#judge = judge;
    this.#budgetMs = budgetMs;
    this.#timer = timer;
    this.#traffic = traffic;
    this.#decisions = new Decisions(keepDecision);
    this.#spending = new Spending({ log, now: () => store.now(), onSpent: parts.onSpent });
    this.#onCharged = onCharged;
    this.#onUnjudged = onUnjudged;
    this.#onDelivered = onDelivered;
    this.#leaseMs = budgetMs + sendBudget.leaseExtraMs;
  }

  async send(request: VerificationRequest): Promise<SendOutcome> {
    const { service } = request;
    const sending = await this.#sending("send-otp", request);
    if (sending.kind === "not_allowed") return this.#notAllowed(sending);
    const { key, limits, leaseToken, idempotency } = sending;
    const primary = this.#keyring.primary;
    const verificationId = newVerificationId(this.#store.now(), bucketOf(key.hash));
    const nonce = randomNonce(16);
    const code = deriveCode(primary.code, verificationId, nonce, service.codeLength);
    const reserved = await this.#store.reserve({
      ...key,
      fresh: {
        verificationId,
        keyId: primary.id,
        nonce,
        mac: matchMac(primary, key, code),
        codeLength: service.codeLength,
        maxAttempts: service.maxAttempts,
      },
      leaseToken,
      leaseMs: this.#leaseMs,
      ttlMs: service.ttlSeconds * 1000,
      metadata: request.metadata,
      liveKeyIds: this.#keyring.liveIds,
      limits,
      idempotency,
    });
    if (reserved.kind === "replayed") return replayed<SentOutcome>(reserved);
    if (reserved.kind !== "reserved") return this.#decisions.refused(sending, reserved);
    return this.#handOver(
      sending,
      reserved,
      reserved.verificationId === verificationId ? code : this.#codeOf(reserved),
    );
  }

  async resend(request: VerificationRequest): Promise<ResendOutcome> {
    const sending = await this.#sending("resend-otp", request);
    if (sending.kind === "not_allowed") return this.#notAllowed(sending);
    const { key, limits, leaseToken, idempotency } = sending;
    const reserved = await this.#store.reserveResend({
      ...key,
      leaseToken,
      leaseMs: this.#leaseMs,
      limits,
      idempotency,
    });
    if (reserved.kind === "replayed") return replayed<SentOutcome>(reserved);
    if (reserved.kind !== "reserved") return this.#decisions.refused(sending, reserved);
    return this.#handOver(sending, reserved, this.#codeOf(reserved));
  }

  async verify(request: VerificationRequest, otp: string): Promise<VerifyOutcome> {
    const key = this.#keyOf(request);
    const candidates = new Map(this.#keyring.live.map((live) => [live.id, matchMac(live, key, otp)]));
    const outcome = await this.#store.verify({
      ...key,
      candidates,
      wrongCode: request.service.wrongCode,
      guesses: guessChargesOf(request.service, request.client),
      idempotency: this.#claim("verify-otp", request),
    });
    if (outcome.kind === "replayed") return replayed(outcome);
    if (outcome.kind !== "compared") return outcome;
    if (outcome.valid) this.#traffic.verified(request.service.id, key.recipient, outcome.network);
    else if (outcome.attemptsRemaining === 0)
      this.#traffic.guessed(request.service.id, key.recipient, request.client && widestOf(request.client));
    if (outcome.valid && request.service.learnRoutes)
      this.#gateways.learning.verified({ ...key, verificationId: outcome.verificationId });
    return { ...outcome, replayed: false };
  }

  async cancel(request: VerificationRequest): Promise<CancelOutcome> {
    const outcome = await this.#store.cancel({
      ...this.#keyOf(request),
      idempotency: this.#claim("cancel-otp", request),
    });
    if (outcome.kind === "replayed") return replayed(outcome);
    return outcome.kind === "cancelled" ? { ...outcome, replayed: false } : outcome;
  }

  find(accountId: string, verificationId: string): Promise<VerificationRecord | undefined> {
    return this.#store.findVerification(accountId, verificationId);
  }

  /** The stored reply or conflict of an idempotency key, for a request that fails before its verb; else `undefined`. */
  async recall(
    operation: IdempotentOperation,
    accountId: string,
    idempotency: IdempotencyInput,
  ): Promise<IdempotencyConflict | undefined> {
    return this.#store.recall(this.#claimOf(operation, accountId, idempotency));
  }

  /** Delivery and settle: the part that send and resend share. */
  async #handOver(
    { operation, request, key, limits, plan, estimate, leaseToken, idempotency }: Sending,
    reserved: Reservation,
    code: string,
  ): Promise<HandedOver> {
    const { service, channel, locale } = request;
    const to = dialledSpelling(request.to);
    const { verificationId, sendNo, reservedAt, expiresAt, resendAt, counted } = reserved;
    const minutes = Math.max(1, Math.floor((expiresAt - reservedAt) / 60_000));
    const rendered = renderMessage(channel, { service, to, locale, code, minutes });
    const message = {
      ...rendered,
      id: `msg_${verificationId}_${sendNo}`,
      channel,
      to,
      serviceId: service.id,
      verificationId,
      validForMs: expiresAt - this.#store.now(),
    };
    const delivery = await deliver(message, plan, {
      operation,
      budgetMs: this.#budgetMs,
      timer: this.#timer,
      now: () => this.#store.now(),
      onFailure: (name, { class: reason, detail, ambiguous }) =>
        this.#log.warn(
          { event: "gateway_failed", gateway: name, reason, detail, ambiguous, verificationId, to: maskRecipient(to) },
          "a gateway did not take a message",
        ),
    });
    this.#onDelivered?.(delivery.attempts);
    this.#gateways.learning.sent(key, delivery.attempts);
    // Users get one code, however often it is sent.
    if (operation === "send-otp" && delivery.kind !== "refused")
      this.#traffic.sent(service.id, key.recipient, limits.network);
    const sent: SentOutcome = {
      kind: "sent",
      verificationId,
      expiresAt,
      expiresInSeconds: Math.ceil((expiresAt - this.#store.now()) / 1000),
      resendAt,
      ...(reserved.metadata !== "" && { metadata: reserved.metadata }),
    };
    const reply = idempotency ? JSON.stringify(sent) : "";
    await this.#store.settle({
      ...key,
      leaseToken,
      result: delivery.kind,
      reservedAt,
      counted,
      spentMicros: estimate && this.#spending.spent(estimate, rendered.text, delivery),
      verificationId,
      deliveries: delivery.attempts,
      messages: delivery.messages,
      idempotency,
      reply,
    });
    if (delivery.kind === "accepted") return { ...sent, replayed: false };
    if (delivery.kind === "unknown") return { kind: "unknown" };
    if (delivery.class === "blocked") return { kind: "blocked", reason: "gateway", retryAfterMs: undefined };
    return { kind: "refused", isPermanent: delivery.class === "invalid_recipient" };
  }

  /** All that is needed before reserve, so that nothing can fail between it and hand-over. */
  async #sending(operation: Sending["operation"], request: VerificationRequest): Promise<Sending | NotAllowed> {
    const key = this.#keyOf(request);
    const to = dialledSpelling(request.to);
    const verdict = this.#judge({
      ...request,
      to,
      operation,
      subject: String(key.hash),
      named: this.#namedSubjects(request),
      standing: this.#traffic,
      now: this.#store.now(),
    });
    const judged = { operation, request, key };
    const notAllowed = (reason: BlockedReason, retryAfterMs?: number): NotAllowed => ({
      ...judged,
      kind: "not_allowed",
      blocked: { kind: "blocked", reason, retryAfterMs },
      suspicion: verdict.suspicion,
    });
    if (verdict.suspicion) this.#traffic.block(request.service.id, key.recipient, verdict.suspicion);
    if (verdict.kind === "refused") return notAllowed(verdict.reason, verdict.retryAfterMs);
    const plan = await this.#gateways.planFor(request.service, request.channel, to);
    if (!plan) return notAllowed("no_route");
    if (verdict.suspicion) this.#decisions.suspected(judged, verdict.suspicion);
    for (const limit of verdict.unjudged) this.#onUnjudged?.(limit);
    const estimate = this.#spending.estimate(request, to, plan);
    const shared = estimate ? [...verdict.charges, ...estimate.charges] : verdict.charges;
    if (shared.length > 0) this.#onCharged?.(request.access.accountId, shared);
    const { service, client } = request;
    const network = client && widestOf(client);
    const limits = { recipient: service.recipientLimits, network, shared };
    return {
      kind: "sending",
      operation,
      request,
      key,
      limits,
      plan,
      estimate,
      leaseToken: newLeaseToken(),
      idempotency: this.#claim(operation, request),
    };
  }

  /** What stands for the caller's own keys: users' names and addresses are not stored. */
  #namedSubjects({ service, named }: VerificationRequest): Readonly<Record<string, string>> {
    const entries = Object.entries(named);
    if (entries.length === 0) return named;
    return Object.fromEntries(
      entries.map(([name, value]) => [name, String(this.#keyring.placeOf(service.accountId, `named ${name}`, value))]),
    );
  }

  /** The policy refuses it, or no route takes it; a repeat of an answered request is still answered as it was. */
  async #notAllowed(refused: NotAllowed): Promise<Replayable<SentOutcome> | KeyConflict | Blocked> {
    const { operation, request, blocked, suspicion } = refused;
    const claim = this.#claim(operation, request);
    const known = claim && (await this.#store.recall(claim));
    if (known?.kind === "replayed") return replayed<SentOutcome>(known);
    return known ?? this.#decisions.blocked(refused, blocked, blocked.reason === "guard" ? suspicion : undefined);
  }

  /** The code of a verification that is already there. */
  #codeOf({ keyId, verificationId, nonce, codeLength }: Reservation): string {
    const live = this.#keyring.find(keyId);
    if (!live) throw new Error(`the keyring lacks the key ${keyId}`);
    return deriveCode(live.code, verificationId, nonce, codeLength);
  }

  #keyOf({ service, channel, to }: VerificationRequest): RecipientKey {
    return recipientKey(this.#keyring, service, to, channel);
  }

  #claim(operation: IdempotentOperation, { access, idempotency }: VerificationRequest): IdempotencyClaim | undefined {
    return idempotency && this.#claimOf(operation, access.accountId, idempotency);
  }

  #claimOf(operation: IdempotentOperation, accountId: string, { key, fields }: IdempotencyInput): IdempotencyClaim {
    const fingerprints = new Map(
      this.#keyring.live.map((live) => [live.id, live.idempotency("idempotency", operation, ...fields)]),
    );
    return { accountId, operation, key, fingerprints };
  }
}

function matchMac(live: LiveKey, { accountId, serviceId, recipient }: RecipientKey, code: string): Buffer {
  return live.match("match", accountId, serviceId, recipient, code);
}

function replayed<T extends object>({ reply }: { readonly reply: string }): Replayable<T> {
  return { ...(JSON.parse(reply) as T), replayed: true };
}
