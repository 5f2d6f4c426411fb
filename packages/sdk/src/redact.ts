/** Keeps secrets out of errors: foreign messages and causes are cut down before they are kept. */
import { isError } from "./web.ts";

/** Replaces every secret in a text. */
export type Redact = (text: string) => string;

/**
 * Makes the replacing function for one call's secrets. Under four characters nothing is a secret, and much would be hit
 * by chance.
 */
export function redactor(secrets: readonly string[]): Redact {
  const known = secrets.filter((secret) => secret.length >= 4).sort((a, b) => b.length - a.length);
  return (text) => known.reduce((rest, secret) => rest.replaceAll(secret, "[redacted]"), text);
}

/**
 * A copy of an error that holds its name, message, code and stack only. Errors of HTTP clients carry the request (with
 * its headers) or raw bytes of the reply in further fields, and some repeat a header's value in the message.
 */
export function safeCause(error: unknown, redact: Redact, depth = 0): unknown {
  if (!isError(error)) return typeof error === "string" ? redact(error) : undefined;
  const inner = depth < 3 && error.cause !== undefined ? safeCause(error.cause, redact, depth + 1) : undefined;
  const copy = new Error(redact(error.message), inner === undefined ? undefined : { cause: inner });
  Object.defineProperty(copy, "name", { value: error.name, configurable: true, writable: true });
  copy.stack = redact(error.stack ?? "");
  const code = errorCode(error);
  if (code !== undefined) Object.assign(copy, { code });
  return copy;
}

/** The system's or the runtime's code of an error, such as `ECONNRESET`, looked up through its causes. */
export function errorCode(error: unknown): string | undefined {
  for (let link = error, depth = 0; typeof link === "object" && link !== null && depth < 4; depth++) {
    const { code, cause } = link as { code?: unknown; cause?: unknown };
    if (typeof code === "string" && /^[A-Z][A-Z0-9_]+$/.test(code)) return code;
    link = cause;
  }
  return undefined;
}
