/** One call: credentials, attempts, waits, and the limits around them. */

import { faultError } from "./api-error.ts";
import { type Config, checkCredential, checkRetries, checkTime, mustBe, refuseUnknown } from "./config.ts";
import { AntrykError, ConfigurationError, ConnectionError, TimeoutError } from "./errors.ts";
import { checkHeaders } from "./headers.ts";
import type { CallOptions, Credential } from "./options.ts";
import { errorCode, type Redact, redactor, safeCause } from "./redact.ts";
import { readReply } from "./reply.ts";
import type { Reply, ResponseInfo } from "./reply-promise.ts";
import { waitBeforeRetry } from "./retry.ts";
import type { WireReply, WireRequest } from "./transport/types.ts";
import { checkIdempotencyKey } from "./validation.ts";
import { version } from "./version.ts";
import { abortError, limited, sleep } from "./wait.ts";
import { webCrypto } from "./web.ts";

/** What is asked of the server. */
export interface Operation {
  /** For logs: the operation's name. */
  readonly name: string;
  readonly method: "GET" | "POST";
  /** Below `/api/v1/sms`. */
  readonly path: string;
  readonly body: object | undefined;
  /** Values that no error may hold. */
  readonly secrets: readonly string[];
}

/** All options of a call. */
export const callOptionNames: readonly (keyof CallOptions)[] = [
  "idempotencyKey",
  "signal",
  "timeoutMs",
  "maxRetries",
  "headers",
];

/** Checks the second argument of a method. @throws ConfigurationError, InvalidParameterError */
export function checkCallOptions(method: string, options: CallOptions): void {
  refuseUnknown(`The second argument of ${method}()`, options, callOptionNames);
  if (options.timeoutMs !== undefined) checkTime("timeoutMs", options.timeoutMs);
  if (options.maxRetries !== undefined) checkRetries(options.maxRetries);
  if (options.signal !== undefined && typeof options.signal?.addEventListener !== "function") {
    throw mustBe("signal", "an AbortSignal");
  }
  checkHeaders(options.headers);
  const badKey = options.idempotencyKey === undefined ? undefined : checkIdempotencyKey(options.idempotencyKey);
  if (badKey) throw faultError(badKey);
}

/** Performs an operation. @throws AntrykError */
export async function perform<Body>(
  config: Config,
  operation: Operation,
  options: CallOptions,
): Promise<{ result: Reply<Body>; response: ResponseInfo }> {
  const { signal } = options;
  if (signal?.aborted) throw abortError(signal);
  const deadline = performance.now() + config.totalTimeoutMs;
  const timeUp = () => timeoutError("totalTimeoutMs", config.totalTimeoutMs);
  const keys = await limited(credentials(config), config.totalTimeoutMs, timeUp, signal);
  const redact = redactor([...keys, ...operation.secrets]);
  // Minted with retries off too: the caller's own proxy or a pooled connection may still repeat the request.
  const idempotencyKey = operation.method === "POST" ? (options.idempotencyKey ?? webCrypto().randomUUID()) : undefined;
  const wire = wireRequest(config, operation, options, keys, idempotencyKey);
  const maxRetries = options.maxRetries ?? config.maxRetries;

  for (let retry = 0; ; retry++) {
    let reply: WireReply | undefined;
    let error: AntrykError;
    try {
      reply = await roundTrip(config, wire, options, deadline, timeUp);
      const { status, headers } = reply;
      const requestId = headers["x-request-id"];
      const result = Object.defineProperty(readReply(reply, redact), "requestId", {
        value: requestId,
      }) as unknown as Reply<Body>;
      config.log("debug", `${operation.name} ${status}`, { requestId, attempt: retry + 1 });
      const replayed = headers["idempotency-replayed"] === "true";
      return { result, response: { status, headers, requestId, attempts: retry + 1, idempotencyKey, replayed } };
    } catch (caught) {
      error = caught instanceof AntrykError ? caught : connectionError(config, caught, redact);
    }
    const { type, status, requestId, retryAfterMs } = error;
    config.log("debug", `${operation.name} ${type}`, { status, requestId, attempt: retry + 1 });
    const failure = { status, type, retryAfterMs, shouldRetry: reply?.headers["x-should-retry"] };
    const wait = waitBeforeRetry(failure, retry, maxRetries);
    // A wait that would end past the limit only delays the error.
    if (wait === undefined || signal?.aborted || performance.now() + wait >= deadline) throw error;
    config.log("info", `${operation.name} is retried in ${Math.round(wait)} ms`, { type, status });
    await sleep(wait, signal);
  }
}

function roundTrip(
  config: Config,
  wire: WireRequest,
  options: CallOptions,
  deadline: number,
  timeUp: () => Error,
): Promise<WireReply> {
  const limit = options.timeoutMs ?? config.timeoutMs;
  const rest = Math.max(1, deadline - performance.now());
  const tooLong = () => timeoutError("timeoutMs", limit);
  const { reply, cancel } = config.transport(wire);
  return limited(reply, Math.min(limit, rest), rest <= limit ? timeUp : tooLong, options.signal, cancel);
}

function timeoutError(option: string, limitMs: number): TimeoutError {
  return new TimeoutError(`No whole reply within ${limitMs} ms (${option})`, { type: "timeout" });
}

function connectionError(config: Config, error: unknown, redact: Redact): ConnectionError {
  const code = errorCode(error);
  const message = `No whole reply from ${new URL(config.baseUrl).origin}${code === undefined ? "" : ` (${code})`}`;
  return new ConnectionError(message, { type: "connection_error", cause: safeCause(error, redact) });
}

function credentials(config: Config): Promise<[accessKey: string, secretKey: string]> {
  return Promise.all([
    resolveCredential("accessKey", config.accessKey),
    resolveCredential("secretKey", config.secretKey),
  ]);
}

async function resolveCredential(name: string, credential: Credential): Promise<string> {
  if (typeof credential === "string") return credential;
  let value: unknown;
  try {
    value = await credential();
  } catch (error) {
    throw new ConfigurationError(
      `The function given as \`${name}\` failed`,
      name,
      safeCause(error, (text) => text),
    );
  }
  return checkCredential(name, value);
}

function wireRequest(
  config: Config,
  operation: Operation,
  options: CallOptions,
  [accessKey, secretKey]: [string, string],
  idempotencyKey: string | undefined,
): WireRequest {
  const headers: Record<string, string> = {
    accept: "application/json",
    "user-agent": `antryk-sdk/${version}`,
    "x-access-key": accessKey,
    "x-secret-key": secretKey,
  };
  // In one spelling: `fetch` joins the values of two.
  for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = value;
  let body: string | undefined;
  if (operation.body !== undefined) {
    body = JSON.stringify(operation.body);
    headers["content-type"] = "application/json";
  }
  if (idempotencyKey !== undefined) headers["idempotency-key"] = idempotencyKey;
  return { method: operation.method, url: `${config.baseUrl}/api/v1/sms${operation.path}`, headers, body };
}
