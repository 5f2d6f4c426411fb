import { ConfigurationError } from "./errors.ts";

/** Set by the package or the transport; a caller's own would break authentication, framing or idempotency. */
const reserved = [
  "accept",
  "accept-encoding",
  "connection",
  "content-length",
  "content-type",
  "expect",
  "host",
  "idempotency-key",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "x-access-key",
  "x-secret-key",
];

/** Refuses headers that cannot be sent or are not the caller's to set. No message repeats a value. @throws ConfigurationError */
export function checkHeaders(headers: unknown): void {
  if (headers === undefined) return;
  if (typeof headers !== "object" || headers === null || Array.isArray(headers) || Symbol.iterator in headers) {
    throw new ConfigurationError("`headers` must be a plain object of strings", "headers");
  }
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) throw new ConfigurationError("`headers` holds a malformed name", "headers");
    if (reserved.includes(name.toLowerCase())) {
      const hint = name.toLowerCase() === "idempotency-key" ? ": use the option `idempotencyKey`" : "";
      throw new ConfigurationError(`\`headers\` may not set \`${name}\`${hint}`, "headers");
    }
    if (typeof value !== "string" || !/^[\t\x20-\x7e]*$/.test(value)) {
      throw new ConfigurationError(`\`headers\` needs a string of printable ASCII for \`${name}\``, "headers");
    }
  }
}
