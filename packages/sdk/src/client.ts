import { resolveConfig } from "./config.ts";
import type { ClientOptions } from "./options.ts";
import { Sms } from "./sms.ts";

/**
 * A client of one Antryk server and one account. Make one and keep it; it holds no state between calls and may be
 * shared by all of a process.
 *
 * ```ts
 * const client = new AntrykClient({ baseUrl: "https://otp.example.com", accessKey, secretKey });
 * const sent = await client.sms.sendOtp({ to: "+919876543210", serviceId });
 * ```
 */
export class AntrykClient {
  /** Send, verify, resend and cancel one-time passwords by SMS. */
  readonly sms: Sms;

  /** @throws ConfigurationError for an option that is missing, malformed or unknown, and in a browser. */
  constructor(options: ClientOptions = {}) {
    this.sms = new Sms(resolveConfig(options));
  }
}
