/** One call: credentials, attempts, waits, and the limits around them. */
import { type Config, checkCredential, checkRetries, checkTime, mustBe, refuseUnknown } from "./config.ts";
import { faultError } from "./error-table.ts";
import { AntrykError, ConfigurationError, ConnectionError, TimeoutError } from "./errors.ts";
import { checkHeaders } from "./headers.ts";
import type { CallOptions, Credential } from "./options.ts";
import { errorCode, type Redact, redactor, safeCause } from "./redact.ts";
import { readReply } from "./reply.ts";
import type { Reply, ResponseInfo } from "./reply-promise.ts";
import { type Failure, waitBeforeRetry } from "./retry.ts";
import type { WireReply, WireRequest } from "./transport/types.ts";
import { checkIdempotencyKey } from "./validation.ts";
import { version } from "./version.ts";
import { abortError, limited, sleep } from "./wait.ts";

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

const callOptionNames: readonly (keyof CallOptions)[] = ["idempotencyKey", "signal", "timeoutMs", "maxRetries", "headers"];

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
  const idempotencyKey = operation.method === "POST" ? (options.idempotencyKey ?? crypto.randomUUID()) : undefined;
  const wire = wireRequest(config, operation, options, keys, idempotencyKey);
  const maxRetries = options.maxRetries ?? config.maxRetries;

  for (let retry = 0; ; retry++) {
    const outcome = await attempt(config, wire, options, deadline, timeUp, redact);
    config.log("debug", `${operation.name} ${outcome.reply?.status ?? "failed"}`, {
      attempt: retry + 1,
      requestId: requestIdOf(outcome.reply),
    });
    if (outcome.error === undefined) {
      const { reply, body } = outcome;
      const requestId = requestIdOf(reply);
      const result = Object.defineProperty(body, "requestId", { value: requestId }) as unknown as Reply<Body>;
      const replayed = reply.headers["idempotency-replayed"] === "true";
      return {
        result,
        response: { status: reply.status, headers: reply.headers, requestId, attempts: retry + 1, idempotencyKey, replayed },
      };
    }
    const { error } = outcome;
    const wait = waitBeforeRetry(failureOf(error, outcome.reply), retry, maxRetries);
    // A wait that would end past the limit only delays the bad news.
    if (wait === undefined || signal?.aborted || performance.now() + wait >= deadline) throw error;
    config.log("info", `${operation.name} is tried again in ${Math.round(wait)} ms`, {
      type: error.type,
      status: error.status,
      retry: retry + 1,
    });
    await sleep(wait, signal);
  }
}

type Outcome =
  | { readonly error: undefined; readonly reply: WireReply; readonly body: Record<string, unknown> }
  | { readonly error: AntrykError; readonly reply: WireReply | undefined };

async function attempt(
  config: Config,
  wire: WireRequest,
  options: CallOptions,
  deadline: number,
  timeUp: () => Error,
  redact: Redact,
): Promise<Outcome> {
  const limit = options.timeoutMs ?? config.timeoutMs;
  const rest = Math.max(1, deadline - performance.now());
  const tooLong = () => timeoutError("timeoutMs", limit);
  try {
    const exchange = config.transport(wire);
    const reply = await limited(exchange.reply, Math.min(limit, rest), rest <= limit ? timeUp : tooLong, options.signal, exchange.cancel);
    const read = readReply(reply, redact);
    return "error" in read ? { error: read.error, reply } : { error: undefined, reply, body: read.body };
  } catch (error) {
    if (error instanceof AntrykError) {
      if (error instanceof TimeoutError) return { error, reply: undefined };
      throw error;
    }
    return { error: connectionError(config, error, redact), reply: undefined };
  }
}

function timeoutError(option: string, limitMs: number): TimeoutError {
  return new TimeoutError(`No whole reply within ${limitMs} ms (${option})`, { type: "timeout" });
}

function connectionError(config: Config, error: unknown, redact: Redact): ConnectionError {
  const code = errorCode(error);
  const message = `No whole reply from ${new URL(config.baseUrl).origin}${code === undefined ? "" : ` (${code})`}`;
  return new ConnectionError(message, { type: "connection_error", cause: safeCause(error, redact) });
}

function failureOf(error: AntrykError, reply: WireReply | undefined): Failure {
  return { status: reply?.status, type: error.type, shouldRetry: reply?.headers["x-should-retry"], retryAfterMs: error.retryAfterMs };
}

function requestIdOf(reply: WireReply | undefined): string | undefined {
  return reply?.headers["x-request-id"];
}

function credentials(config: Config): Promise<[accessKey: string, secretKey: string]> {
  return Promise.all([resolveCredential("accessKey", config.accessKey), resolveCredential("secretKey", config.secretKey)]);
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
    ...options.headers,
    "x-access-key": accessKey,
    "x-secret-key": secretKey,
  };
  let body: string | undefined;
  if (operation.body !== undefined) {
    body = JSON.stringify(operation.body);
    headers["content-type"] = "application/json";
  }
  if (idempotencyKey !== undefined) headers["idempotency-key"] = idempotencyKey;
  return { method: operation.method, url: `${config.baseUrl}/api/v1/sms${operation.path}`, headers, body };
}
