import { resolveConfig } from "./config.ts";
import type { ClientOptions } from "./options.ts";
import { Sms } from "./sms.ts";

/**
 * A client of one Antryk server and one account. It may be shared by the whole process.
 */
export class AntrykClient {
  /** Send, verify, resend and cancel one-time passwords by SMS. */
  readonly sms: Sms;

  /** @throws ConfigurationError for an option that is missing, malformed or unknown, and in a browser. */
  constructor(options: ClientOptions = {}) {
    this.sms = new Sms(resolveConfig(options));
  }
}
