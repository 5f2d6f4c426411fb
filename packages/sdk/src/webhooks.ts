/**
 * Verifies and signs webhooks by Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp`, `webhook-signature` with
 * `v1`.
 */
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { AntrykError } from "./errors.ts";
import { bytesOf, decodeUtf8, encodeUtf8, webCrypto } from "./web.ts";

/** `Headers`, or an object whose names may be of any case. */
export type WebhookHeaders =
  | { get(name: string): string | null | undefined }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

export type WebhookFailure =
  | "parsed_payload"
  | "bad_secret"
  | "missing_header"
  | "malformed_header"
  | "too_old"
  | "too_new"
  | "no_matching_signature"
  | "payload_not_json";

/** Answer 400. `type` is `webhook_verification_failed`. */
export class WebhookVerificationError extends AntrykError {
  /** @internal */
  static override readonly kind: string = "WebhookVerificationError";
  declare readonly reason: WebhookFailure;

  constructor(reason: WebhookFailure, message: string, param?: string) {
    super(message, { type: "webhook_verification_failed", param, reason });
  }
}

/** A verified webhook's body. */
export interface WebhookEvent {
  type: string;
  /** When it happened, ISO 8601. */
  timestamp: string;
  data: Record<string, unknown>;
}

export interface VerifyWebhookOptions {
  /** How far the two clocks may differ. Default 300. */
  toleranceSeconds?: number;
  /** Default: now. */
  now?: Date;
}

export interface SignWebhookOptions {
  /** Default: a new id. */
  id?: string;
  /** Default: now. */
  timestamp?: Date;
}

export type SignedWebhookHeaders = {
  "webhook-id": string;
  "webhook-timestamp": string;
  "webhook-signature": string;
};

/**
 * Verifies a webhook and returns its parsed body.
 * @param payload The raw body, not parsed.
 * @param secret `whsec_…`, or several while one replaces the other.
 * @throws WebhookVerificationError
 */
async function verify<Event = WebhookEvent>(
  payload: string | Uint8Array,
  headers: WebhookHeaders,
  secret: string | readonly string[],
  options: VerifyWebhookOptions = {},
): Promise<Event> {
  const bytes = payloadBytes(payload);
  const keys = (Array.isArray(secret) ? secret : [secret]).map(secretBytes);
  const id = header(headers, "webhook-id");
  const timestamp = header(headers, "webhook-timestamp");
  const signatures = header(headers, "webhook-signature");
  checkTimestamp(timestamp, (options.now ?? new Date()).getTime() / 1000, options.toleranceSeconds ?? 300);

  const given = signatures
    .split(" ")
    .flatMap((entry) => (entry.startsWith("v1,") ? (decodeBase64(entry.slice(3)) ?? []) : []));
  if (given.length === 0) {
    throw new WebhookVerificationError(
      "malformed_header",
      "`webhook-signature` holds no `v1` signature",
      "webhook-signature",
    );
  }
  let matched = false;
  for (const key of keys) {
    const expected = await signature(key, id, timestamp, bytes);
    for (const one of given) matched = sameBytes(one, expected) || matched;
  }
  if (!matched) {
    throw new WebhookVerificationError(
      "no_matching_signature",
      "No signature matches: another endpoint's secret, or a body that was parsed and stringified again",
    );
  }
  try {
    return JSON.parse(decodeUtf8(bytes));
  } catch {
    throw new WebhookVerificationError("payload_not_json", "The signed payload is not JSON");
  }
}

/**
 * Signs a payload as the server does, for tests of your own endpoint.
 * @throws WebhookVerificationError
 */
async function sign(
  payload: string | Uint8Array,
  secret: string,
  options: SignWebhookOptions = {},
): Promise<SignedWebhookHeaders> {
  const id = options.id ?? `msg_${webCrypto().randomUUID()}`;
  const timestamp = String(Math.floor((options.timestamp ?? new Date()).getTime() / 1000));
  const mac = await signature(secretBytes(secret), id, timestamp, payloadBytes(payload));
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${encodeBase64(mac)}` };
}

/** Standard Webhooks. */
export const webhooks: { readonly verify: typeof verify; readonly sign: typeof sign } = { verify, sign };

function payloadBytes(payload: unknown): Uint8Array<ArrayBuffer> {
  const bytes = typeof payload === "string" ? encodeUtf8(payload) : bytesOf(payload);
  if (bytes) return bytes;
  throw new WebhookVerificationError(
    "parsed_payload",
    "The payload must be the raw body, a string or bytes, not a parsed one (in Express: express.raw())",
  );
}

function secretBytes(secret: unknown): Uint8Array<ArrayBuffer> {
  if (typeof secret !== "string" || !secret.startsWith("whsec_")) {
    throw new WebhookVerificationError(
      "bad_secret",
      "The secret must begin with `whsec_`: it is the endpoint's, not the account's",
    );
  }
  const bytes = decodeBase64(secret.slice(6));
  if (bytes === undefined) throw new WebhookVerificationError("bad_secret", "The secret is not base64 after `whsec_`");
  return bytes;
}

function header(headers: WebhookHeaders, name: string): string {
  const value =
    typeof headers?.get === "function" ? headers.get(name) : lookUp(headers as Record<string, unknown>, name);
  if (typeof value === "string" && value !== "") return value;
  throw new WebhookVerificationError("missing_header", `The header \`${name}\` is missing`, name);
}

function lookUp(headers: Record<string, unknown> | undefined, name: string): unknown {
  const found = Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];
  return Array.isArray(found) ? found[0] : found;
}

function checkTimestamp(timestamp: string, nowSeconds: number, tolerance: number): void {
  if (!/^\d{1,12}$/.test(timestamp)) {
    throw new WebhookVerificationError(
      "malformed_header",
      "`webhook-timestamp` is not Unix seconds",
      "webhook-timestamp",
    );
  }
  const age = Math.round(nowSeconds - Number(timestamp));
  if (Math.abs(age) <= tolerance) return;
  throw age > 0
    ? new WebhookVerificationError(
        "too_old",
        `Signed ${age} s ago: a replay, or this clock is fast`,
        "webhook-timestamp",
      )
    : new WebhookVerificationError(
        "too_new",
        `Signed ${-age} s in the future: this clock is slow`,
        "webhook-timestamp",
      );
}

async function signature(
  key: Uint8Array<ArrayBuffer>,
  id: string,
  timestamp: string,
  payload: Uint8Array,
): Promise<Uint8Array> {
  const prefix = encodeUtf8(`${id}.${timestamp}.`);
  const signed = new Uint8Array(prefix.length + payload.length);
  signed.set(prefix);
  signed.set(payload, prefix.length);
  const { subtle } = webCrypto();
  const hmac = await subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await subtle.sign("HMAC", hmac, signed));
}

/** Takes as long for a difference in the first byte as for one in the last. */
function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  let difference = 0;
  for (let index = 0; index < one.length; index++) difference |= (one[index] ?? 0) ^ (other[index] ?? 0);
  return difference === 0;
}
