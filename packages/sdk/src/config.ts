/** Turns the user's options into what a call needs, or says in one sentence what is wrong with them. */
import { ConfigurationError } from "./errors.ts";
import { type Log, type Logger, logLevels, makeLog } from "./logging.ts";
import type { ClientOptions, Credential } from "./options.ts";
import { environment, isBrowser, isNode, platform } from "./runtime.ts";
import { fetchTransport } from "./transport/fetch.ts";
import { nodeTransport } from "./transport/node.ts";
import type { Transport } from "./transport/types.ts";

/** The documented defaults of the client's limits. */
export const defaults: { readonly timeoutMs: number; readonly totalTimeoutMs: number; readonly maxRetries: number } = {
  timeoutMs: 15_000,
  totalTimeoutMs: 40_000,
  maxRetries: 2,
};

/** A client's settings, checked. */
export interface Config {
  readonly accessKey: Credential;
  readonly secretKey: Credential;
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly timeoutMs: number;
  readonly totalTimeoutMs: number;
  readonly maxRetries: number;
  readonly transport: Transport;
  readonly log: Log;
}

/** All options of a client. */
export const optionNames: readonly (keyof ClientOptions)[] = [
  "accessKey",
  "secretKey",
  "baseUrl",
  "timeoutMs",
  "totalTimeoutMs",
  "maxRetries",
  "fetch",
  "logger",
  "logLevel",
];

/** Checks the options of a client. @throws ConfigurationError */
export function resolveConfig(options: ClientOptions, global: typeof platform = platform): Config {
  if (isBrowser(global)) {
    throw new ConfigurationError(
      "In a browser or an app anybody could read the secret key: call AntrykClient on your server",
    );
  }
  refuseUnknown("new AntrykClient()", options, optionNames);
  const timeoutMs = checkTime("timeoutMs", options.timeoutMs ?? defaults.timeoutMs);
  const totalTimeoutMs = checkTime("totalTimeoutMs", options.totalTimeoutMs ?? defaults.totalTimeoutMs);
  const baseUrl = checkBaseUrl(options.baseUrl ?? environment(global, "ANTRYK_BASE_URL"));
  const log = makeLog(checkLogger(options.logger), checkLevel(options.logLevel));
  if (/^http:\/\/(?!localhost[:/]|127\.|\[::1\])/.test(`${baseUrl}/`))
    log("warn", "over http the secret key is not encrypted");
  return {
    accessKey: credential("accessKey", options.accessKey ?? environment(global, "ANTRYK_ACCESS_KEY")),
    secretKey: credential("secretKey", options.secretKey ?? environment(global, "ANTRYK_SECRET_KEY")),
    baseUrl,
    timeoutMs,
    totalTimeoutMs,
    maxRetries: checkRetries(options.maxRetries ?? defaults.maxRetries),
    transport: chooseTransport(options.fetch, baseUrl, global),
    log,
  };
}

/** Refuses anything but an object, and any property that is not in `known`. @throws ConfigurationError */
export function refuseUnknown(where: string, given: unknown, known: readonly string[]): void {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new ConfigurationError(`${where} takes an object`);
  }
  for (const name of Object.keys(given)) {
    if (!known.includes(name))
      throw new ConfigurationError(`${where} knows no option \`${name}\`; it knows ${known.join(", ")}`, name);
  }
}

/** The error of an option that is not what it should be; `what` never repeats the value. */
export function mustBe(name: string, what: string): ConfigurationError {
  return new ConfigurationError(`\`${name}\` must be ${what}`, name);
}

/** A whole number of milliseconds from 1 up to what timers can hold. @throws ConfigurationError */
export function checkTime(name: string, value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 2_147_483_647) return value;
  throw mustBe(name, "a whole number of milliseconds, at least 1");
}

/** @throws ConfigurationError */
export function checkRetries(value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 10) return value;
  throw mustBe("maxRetries", "a whole number from 0 to 10");
}

/** A credential that a header can hold; the message never repeats it. @throws ConfigurationError */
export function checkCredential(name: string, value: unknown): string {
  if (typeof value === "string" && /^[\x21-\x7e]+$/.test(value)) return value;
  throw mustBe(name, "visible ASCII characters without blanks or line breaks");
}

function credential(name: "accessKey" | "secretKey", value: unknown): Credential {
  if (typeof value === "function") return value as Credential;
  if (value !== undefined) return checkCredential(name, value);
  const variable = name === "accessKey" ? "ANTRYK_ACCESS_KEY" : "ANTRYK_SECRET_KEY";
  throw mustBe(name, `given, or ${variable} set`);
}

function checkBaseUrl(value: unknown): string {
  if (value === undefined) {
    throw mustBe("baseUrl", "given, or ANTRYK_BASE_URL set");
  }
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw mustBe("baseUrl", "an http or https URL");
  if (url.username || url.password || url.search || url.hash)
    throw mustBe("baseUrl", "without user, query and fragment");
  const base = `${url.origin}${url.pathname}`.replace(/\/+$/, "");
  if (/\/api\/v1(\/sms(\/.*)?)?$/.test(base)) throw mustBe("baseUrl", "without `/api/v1/sms`: the client adds it");
  return base;
}

function checkLogger(logger: unknown): Logger {
  if (logger === undefined) return console;
  if (typeof logger === "object" && logger !== null) return logger as Logger;
  throw mustBe("logger", "an object such as console");
}

function checkLevel(level: ClientOptions["logLevel"]): (typeof logLevels)[number] {
  if (level === undefined) return "warn";
  if (logLevels.includes(level)) return level;
  throw mustBe("logLevel", `one of ${logLevels}`);
}

function chooseTransport(fetch: unknown, baseUrl: string, global: typeof platform): Transport {
  if (fetch !== undefined && typeof fetch !== "function") throw mustBe("fetch", "a function");
  if (fetch !== undefined) return fetchTransport(fetch as NonNullable<ClientOptions["fetch"]>);
  const own = isNode(global) ? nodeTransport(baseUrl) : undefined;
  if (own !== undefined) return own;
  const { fetch: native } = global;
  if (native === undefined) throw mustBe("fetch", "given: this runtime has none");
  // Looked up at each call, so that a tool that replaces the global one later (instrumentation, a test) takes effect.
  return fetchTransport((url, init) => (global.fetch ?? native)(url, init));
}
