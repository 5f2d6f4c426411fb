/**
 * What a request passes before the state: routes, credentials, idempotency and checks in the server's order, as HTTP.
 */
import { errorMessage } from "../error-type.ts";
import { errorRows } from "../generated/error-rows.ts";
import { operations, type PostOperation, postOperations } from "../operations.ts";
import { checkParams, patterns } from "../validation.ts";
import { encodeUtf8 } from "../web.ts";
import { fakeDefaults } from "./defaults.ts";
import { type FakeState, iso, type Refusal, seconds } from "./state.ts";

/** An HTTP request as the fake reads it; header names are in lower case. */
export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** What it answers. */
export interface FakeReply {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

interface StoredReply {
  readonly fingerprint: string;
  readonly reply: FakeReply;
  readonly until: number;
}

/** What the edge knows of the account. */
export interface EdgeParts {
  readonly state: FakeState;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly serviceIds: readonly string[];
  now(): number;
}

const base = "/api/v1/sms/";

export class FakeEdge {
  readonly #parts: EdgeParts;
  readonly #stored = new Map<string, StoredReply>();

  constructor(parts: EdgeParts) {
    this.#parts = parts;
  }

  handle(request: FakeRequest): FakeReply {
    const [path = ""] = request.path.split("?");
    const [, verificationId] = /^\/api\/v1\/sms\/verifications\/([^/]+)$/.exec(path) ?? [];
    if (verificationId !== undefined) return this.#get(request, verificationId);
    const operation = postOperations.find((name) => path === base + name);
    if (operation === undefined) return errorReply({ refused: "not_found" });
    if (request.method !== "POST") return withHeaders(errorReply({ refused: "method_not_allowed" }), { allow: "POST" });
    return this.#post(operation, request);
  }

  #get(request: FakeRequest, verificationId: string): FakeReply {
    if (request.method !== "GET") return withHeaders(errorReply({ refused: "method_not_allowed" }), { allow: "GET" });
    if (!this.#isKnown(request.headers.get("x-access-key"), request.headers.get("x-secret-key"))) {
      return errorReply({ refused: "invalid_credentials" });
    }
    return reply(this.#parts.state.find(verificationId));
  }

  #post(operation: PostOperation, request: FakeRequest): FakeReply {
    if (!/^application\/json\s*(;|$)/i.test(request.headers.get("content-type") ?? ""))
      return errorReply({ refused: "unsupported_media_type" });
    if (encodeUtf8(request.body).length > fakeDefaults.bodyBytes) return errorReply({ refused: "payload_too_large" });
    const body = jsonObject(request.body);
    if (body === undefined) return errorReply({ refused: "invalid_json" });
    const [access, secret] = [request.headers.get("x-access-key"), request.headers.get("x-secret-key")];
    const older = access === undefined && secret === undefined;
    if (!(older ? this.#isKnown(body.accessKey, body.secretKey) : this.#isKnown(access, secret))) {
      return errorReply({ refused: "invalid_credentials" });
    }
    return this.#idempotent(operation, request.headers.get("idempotency-key"), body);
  }

  #idempotent(operation: PostOperation, key: string | undefined, body: Record<string, unknown>): FakeReply {
    if (key === undefined) return this.#run(operation, body);
    if (!patterns.idempotencyKey.test(key)) return errorReply({ refused: "invalid_parameter" }, "Idempotency-Key");
    const now = this.#parts.now();
    const slot = `${operation} ${key}`;
    const service = typeof body.serviceId === "string" ? body.serviceId.toLowerCase() : body.serviceId;
    const { to, otp, locale } = body;
    const fields: Record<string, unknown> = { to, serviceId: service, otp, locale };
    const fingerprint = JSON.stringify(operations[operation].fields.map((name) => fields[name] ?? null));
    const known = this.#stored.get(slot);
    if (known && now < known.until) {
      if (known.fingerprint !== fingerprint)
        return errorReply({ refused: "idempotency_key_reused" }, "Idempotency-Key");
      return withHeaders(known.reply, { "idempotency-replayed": "true" });
    }
    const answer = this.#run(operation, body);
    const compared = answer.status === 200 || answer.body.includes('"attemptsRemaining"');
    if (compared) this.#stored.set(slot, { fingerprint, reply: answer, until: this.#keptUntil(operation, body) });
    return answer;
  }

  #keptUntil(operation: PostOperation, body: Record<string, unknown>): number {
    const now = this.#parts.now();
    if (operation !== "verify-otp") return now + fakeDefaults.sendReplyMs;
    const expiresAt = this.#parts.state.expiresAt({ to: String(body.to), serviceId: String(body.serviceId) }) ?? now;
    return Math.min(expiresAt, now + fakeDefaults.verifyReplyMs);
  }

  #run(operation: PostOperation, body: Record<string, unknown>): FakeReply {
    const { state, serviceIds } = this.#parts;
    const known =
      typeof body.serviceId === "string" &&
      serviceIds.some((id) => id.toLowerCase() === String(body.serviceId).toLowerCase());
    const refusal = checkParams(operation, known ? body : { ...body, serviceId: undefined });
    if (refusal) return errorReply({ refused: refusal.type }, refusal.param);
    if (body.locale !== undefined && !isLocale(body.locale))
      return errorReply({ refused: "invalid_parameter" }, "locale");
    if (body.clientIp !== undefined && !isAddress(body.clientIp))
      return errorReply({ refused: "invalid_parameter" }, "clientIp");
    return reply(state.verbs[operation]({ to: String(body.to), serviceId: String(body.serviceId) }, body));
  }

  #isKnown(accessKey: unknown, secretKey: unknown): boolean {
    return accessKey === this.#parts.accessKey && secretKey === this.#parts.secretKey;
  }
}

function reply(outcome: object | Refusal): FakeReply {
  return "refused" in outcome
    ? errorReply(outcome, outcome.param)
    : { status: 200, headers: {}, body: JSON.stringify(outcome) };
}

/** The envelope of an error with the headers that go with it. */
export function errorReply(refusal: Refusal, param?: string): FakeReply {
  const { refused: type, retryAfterMs, expiresAt, attemptsRemaining, final, limit, lockedUntil } = refusal;
  const { status, retryable } = errorRows[type];
  const retryAfter = retryAfterMs === undefined ? undefined : Math.max(1, seconds(retryAfterMs));
  const headers: Record<string, string> = {};
  if (retryAfter !== undefined) headers["retry-after"] = String(retryAfter);
  if (final || !retryable) headers["x-should-retry"] = "false";
  if (limit) {
    headers["ratelimit-policy"] = `"${limit.name}";q=${limit.count};w=${seconds(limit.windowMs)}`;
    headers.ratelimit = `"${limit.name}";r=0;t=${retryAfter}`;
  }
  const until = expiresAt === undefined ? undefined : iso(expiresAt);
  const error = {
    message: errorMessage(type),
    code: status,
    type,
    param,
    retryAfter,
    expiresAt: until,
    attemptsRemaining,
    limit: limit?.name,
    lockedUntil: lockedUntil === undefined ? undefined : iso(lockedUntil),
    mayHaveBeenSent: refusal.mayHaveBeenSent,
    reason: refusal.reason,
  };
  return { status, headers, body: JSON.stringify({ success: false, errors: [error] }) };
}

function withHeaders(reply: FakeReply, headers: Record<string, string>): FakeReply {
  return { ...reply, headers: { ...reply.headers, ...headers } };
}

function jsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function isLocale(value: unknown): boolean {
  try {
    return typeof value === "string" && Intl.getCanonicalLocales(value).length === 1;
  } catch {
    return false;
  }
}

function isAddress(value: unknown): boolean {
  if (typeof value !== "string") return false;
  if (value.includes(":")) return /^[0-9a-f:.]+$/i.test(value) && URL.canParse(`http://[${value}]`);
  return /^((25[0-5]|2[0-4]\d|1?\d?\d)(\.(?!$)|$)){4}$/.test(value);
}
