import { mustBe } from "./config.ts";

/** Set by the package or the transport; a caller's own would break authentication, framing or idempotency. */
const reserved = new RegExp(
  "^(accept(-encoding)?|connection|content-.+|expect|host|idempotency-key|keep-alive|te|trailer|" +
    "transfer-encoding|upgrade|x-(access|secret)-key)$",
  "i",
);

/**
 * Refuses headers that cannot be sent or are not the caller's to set. No message repeats a value.
 * @throws ConfigurationError
 */
export function checkHeaders(headers: object | undefined): void {
  if (headers === undefined) return;
  if (typeof headers !== "object" || headers === null || Symbol.iterator in headers)
    throw mustBe("headers", "an object of names and values");
  for (const [name, value] of Object.entries(headers)) {
    const sendable =
      /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) && typeof value === "string" && /^[\t\x20-\x7e]*$/.test(value);
    if (!sendable || reserved.test(name))
      throw mustBe("headers", `without \`${name}\`: malformed, or not yours to set`);
  }
}
