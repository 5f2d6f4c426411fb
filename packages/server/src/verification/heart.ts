/** The four verbs of a verification. Knows no HTTP and no SQL. */
import { type BlockedReason, type DeliveryAttempt, sandboxNumberOf, sendBudget } from "@antryk/contract";
import type { DeliveryPlan } from "../delivery/deliver.ts";
import type { GatewayDirectory } from "../delivery/gateways.ts";
import type { Timer } from "../delivery/timer.ts";
import type { Keyring, LiveKey } from "../keyring/keyring.ts";
import type { IdempotencyClaim, IdempotencyConflict, IdempotentOperation } from "../model/idempotency.ts";
import { newLeaseToken, newVerificationId, randomNonce } from "../model/ids.ts";
import type { SharedLimit } from "../model/limits.ts";
import { bucketOf, type RecipientKey } from "../model/recipient.ts";
import type { Reservation } from "../model/sending.ts";
import type { TestNumber } from "../model/service.ts";
import type { VerificationRecord } from "../model/verification.ts";
import type { Log } from "../observe/log.ts";
import { guessChargesOf, type Unjudged } from "../policy/charges.ts";
import { widestOf } from "../policy/client-address.ts";
import type { Suspicion } from "../policy/guard.ts";
import { type Judge, judge as judgeByPolicy } from "../policy/judge.ts";
import { dialledSpelling } from "../policy/spellings.ts";
import { noTraffic, type TrafficFollower } from "../policy/standing.ts";
import { testCodeContext, testNumberOf } from "../policy/test-numbers.ts";
import type { Store } from "../store/port.ts";
import { deriveCode } from "./code.ts";
import { Decisions, type JudgedRequest, type KeepDecision } from "./decisions.ts";
import { type HandOver, HandOvers } from "./hand-over.ts";
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
import { simulatedSend, simulatedVerify } from "./sandbox-numbers.ts";
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
interface Sending extends HandOver {
  readonly kind: "sending";
  /** Undefined: it is to a test number, and nothing is sent. */
  readonly plan: DeliveryPlan | undefined;
  readonly testNumber: TestNumber | undefined;
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
  readonly #judge: Judge;
  readonly #handOvers: HandOvers;
  readonly #leaseMs: number;
  readonly #traffic: TrafficFollower;
  readonly #decisions: Decisions;
  readonly #spending: Spending;
  readonly #onCharged: HeartParts["onCharged"];
  readonly #onUnjudged: HeartParts["onUnjudged"];

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
    this.#judge = judge;
    this.#handOvers = new HandOvers({ store, gateways, log, budgetMs, timer, traffic, onDelivered });
    this.#traffic = traffic;
    this.#decisions = new Decisions(keepDecision);
    this.#spending = new Spending({ log, now: () => store.now(), onSpent: parts.onSpent });
    this.#onCharged = onCharged;
    this.#onUnjudged = onUnjudged;
    this.#leaseMs = budgetMs + sendBudget.leaseExtraMs;
  }

  async send(request: VerificationRequest): Promise<SendOutcome> {
    const { service } = request;
    const sending = await this.#sending("send-otp", request);
    if (sending.kind === "not_allowed") return this.#notAllowed(sending);
    const { key, limits, leaseToken, idempotency, testNumber, simulation } = sending;
    const simulated = simulation && simulatedSend(simulation, service, this.#store.now());
    if (simulated) return simulated;
    const primary = this.#keyring.primary;
    const verificationId = newVerificationId(this.#store.now(), bucketOf(key.hash));
    const nonce = randomNonce(16);
    const code = testNumber
      ? this.#keyring.open(testNumber.sealedCode, testCodeContext(service.id, key.recipient))
      : deriveCode(primary.code, verificationId, nonce, service.codeLength);
    const reserved = await this.#store.reserve({
      ...key,
      fresh: {
        verificationId,
        keyId: primary.id,
        nonce,
        mac: matchMac(primary, key, code),
        codeLength: service.codeLength,
        maxAttempts: service.maxAttempts,
        isTest: testNumber !== undefined,
      },
      leaseToken,
      leaseMs: this.#leaseMs,
      ttlMs: service.ttlSeconds * 1000,
      metadata: request.metadata,
      requestId: request.requestId,
      liveKeyIds: this.#keyring.liveIds,
      limits,
      idempotency,
    });
    if (reserved.kind === "replayed") return replayed<SentOutcome>(reserved);
    if (reserved.kind !== "reserved") return this.#decisions.refused(sending, reserved);
    return this.#handOver(sending, reserved, reserved.verificationId === verificationId ? code : undefined);
  }

  async resend(request: VerificationRequest): Promise<ResendOutcome> {
    const sending = await this.#sending("resend-otp", request);
    if (sending.kind === "not_allowed") return this.#notAllowed(sending);
    const { key, limits, leaseToken, idempotency, testNumber } = sending;
    const reserved = await this.#store.reserveResend({
      ...key,
      isTest: testNumber !== undefined,
      leaseToken,
      leaseMs: this.#leaseMs,
      limits,
      idempotency,
    });
    if (reserved.kind === "replayed") return replayed<SentOutcome>(reserved);
    if (reserved.kind !== "reserved") return this.#decisions.refused(sending, reserved);
    return this.#handOver(sending, reserved, undefined);
  }

  async verify(request: VerificationRequest, otp: string): Promise<VerifyOutcome> {
    const key = this.#keyOf(request);
    const isTest = testNumberOf(request.service, key.recipient, this.#store.now()) !== undefined;
    const simulation = isTest ? undefined : sandboxNumberOf(request.to);
    const isSimulated = simulation !== undefined && (await this.#isSimulated(request));
    const simulated = isSimulated && simulatedVerify(simulation, request.service, this.#store.now());
    if (simulated) return simulated;
    const isAnswered400 = isSimulated && simulation.error === "otp_invalid";
    const candidates = new Map(this.#keyring.live.map((live) => [live.id, matchMac(live, key, otp)]));
    const outcome = await this.#store.verify({
      ...key,
      candidates,
      isTest,
      wrongCode: isAnswered400 ? "otp_invalid" : request.service.wrongCode,
      guesses: guessChargesOf(request.service, request.client),
      idempotency: this.#claim("verify-otp", request),
    });
    if (outcome.kind === "replayed") return replayed(outcome);
    if (outcome.kind !== "compared") return outcome;
    // What costs nothing and reaches nobody says nothing of traffic.
    if (outcome.test || isSimulated) return { ...outcome, replayed: false };
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

  /** Delivery and settle: the part that send and resend share. `code` undefined: that of the reservation. */
  async #handOver(sending: Sending, reserved: Reservation, code: string | undefined): Promise<HandedOver> {
    const { key, plan, estimate, leaseToken, idempotency } = sending;
    const { verificationId, reservedAt, expiresAt, resendAt, counted } = reserved;
    const isTest = plan === undefined || reserved.isTest;
    const delivery = isTest
      ? this.#handOvers.test(sending, reserved)
      : await this.#handOvers.deliver({ ...sending, plan }, reserved, code ?? this.#codeOf(reserved));
    const sent: SentOutcome = {
      kind: "sent",
      verificationId,
      expiresAt,
      expiresInSeconds: Math.ceil((expiresAt - this.#store.now()) / 1000),
      resendAt,
      ...(reserved.metadata !== "" && { metadata: reserved.metadata }),
      ...(isTest && { test: true as const }),
    };
    const reply = idempotency ? JSON.stringify(sent) : "";
    await this.#store.settle({
      ...key,
      leaseToken,
      result: delivery.kind,
      reservedAt,
      counted,
      spentMicros: estimate && this.#spending.spent(estimate, delivery),
      verificationId,
      deliveries: delivery.attempts,
      messages: delivery.messages,
      idempotency,
      reply,
    });
    if (delivery.kind === "accepted") return { ...sent, replayed: false };
    if (delivery.kind === "unknown") return { kind: "unknown" };
    const decisionId = this.#decisions.notTaken(sending, delivery.attempts);
    if (delivery.class === "blocked")
      return { kind: "blocked", reason: "gateway", retryAfterMs: undefined, decisionId };
    return { kind: "refused", isPermanent: delivery.class === "invalid_recipient" };
  }

  /** All that is needed before reserve, so that nothing can fail between it and hand-over. */
  async #sending(operation: Sending["operation"], request: VerificationRequest): Promise<Sending | NotAllowed> {
    const key = this.#keyOf(request);
    const testNumber = testNumberOf(request.service, key.recipient, this.#store.now());
    if (testNumber) return this.#ready(operation, request, key, { plan: undefined, testNumber });
    const to = dialledSpelling(request.to);
    const simulation = sandboxNumberOf(to);
    if (simulation) {
      const plan = await this.#gateways.planFor(request.service, request.channel, to);
      if (plan?.simulates) return this.#ready(operation, request, key, { plan, simulation });
    }
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
    return this.#ready(operation, request, key, { plan, estimate }, shared);
  }

  /** Ready for reserve. Without charges the recipient's own limits still hold. */
  #ready(
    operation: Sending["operation"],
    request: VerificationRequest,
    key: RecipientKey,
    way: Pick<Sending, "plan"> & Partial<Pick<Sending, "testNumber" | "simulation" | "estimate">>,
    shared: readonly SharedLimit[] = [],
  ): Sending {
    const { plan, testNumber, simulation, estimate } = way;
    const { service, client } = request;
    const limits = { recipient: service.recipientLimits, network: client && widestOf(client), shared };
    return {
      kind: "sending",
      operation,
      request,
      key,
      limits,
      plan,
      testNumber,
      simulation,
      estimate,
      leaseToken: newLeaseToken(),
      idempotency: this.#claim(operation, request),
    };
  }

  /** Whether the number, a sandbox number, is answered as one: never if a real gateway may be asked. */
  async #isSimulated({ service, channel, to }: VerificationRequest): Promise<boolean> {
    return (await this.#gateways.planFor(service, channel, to))?.simulates === true;
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
