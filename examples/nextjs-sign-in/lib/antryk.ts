import { AntrykClient, AntrykError, RateLimitedError } from "@antryk/sdk";

let client: AntrykClient | undefined;

/** Made at the first request: `next build` loads routes when the variables may not be set. */
export function antryk() {
  client ??= new AntrykClient(); // ANTRYK_BASE_URL, ANTRYK_ACCESS_KEY, ANTRYK_SECRET_KEY
  return { sms: client.sms, serviceId: process.env.ANTRYK_SERVICE_ID ?? "" };
}

/** For tests. */
export function useClient(other: AntrykClient, serviceId: string) {
  client = other;
  process.env.ANTRYK_SERVICE_ID = serviceId;
}

/** The body, if it is a JSON object; another site's form can't send one. */
export async function jsonBody(request: Request): Promise<Record<string, unknown>> {
  if (!request.headers.get("content-type")?.startsWith("application/json")) return {};
  const value: unknown = await request.json().catch(() => undefined);
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** The end user's address, as the proxy in front of the app reports it. Without such a proxy anybody can write it. */
export function clientIp(request: Request): string | undefined {
  return process.env.TRUST_PROXY ? request.headers.get("x-forwarded-for")?.split(",").at(-1)?.trim() : undefined;
}

/** What the browser may know. Every other error is the operator's: 502, and a line in the log. */
const shown: Readonly<Record<string, number>> = {
  invalid_recipient: 400,
  otp_invalid: 400,
  recipient_blocked: 403,
  otp_not_found: 410,
  otp_expired: 410,
  rate_limited: 429,
};

export function refusal(error: unknown): Response {
  if (!(error instanceof AntrykError)) throw error;
  const status = shown[error.type];
  // The SDK's errors hold no number, code or key.
  if (!status) console.error(error.name, error.type, error.requestId);
  const { type, retryAfterMs, attemptsRemaining } = error;
  const limit = error instanceof RateLimitedError ? error.limit : undefined;
  return Response.json(status ? { error: type, retryAfterMs, attemptsRemaining, limit } : { error: "unavailable" }, {
    status: status ?? 502,
  });
}
