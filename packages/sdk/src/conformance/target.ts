/** A server to be tested: the fake, or a real one by its address. */
import { AntrykClient } from "../client.ts";
import type { ClientOptions } from "../options.ts";
import type { Fetch } from "../transport/types.ts";

export interface ConformanceTarget {
  readonly baseUrl: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** A service with the default settings. */
  readonly serviceId: string;
  /** Default: the client's own transport, and the global `fetch` for requests that no client would make. */
  readonly fetch?: Fetch | undefined;
  /** The code in the newest message to this number. */
  readCode(to: string): string | undefined | Promise<string | undefined>;
}

export function clientOf(
  target: ConformanceTarget,
  options: Pick<ClientOptions, "maxRetries" | "timeoutMs" | "totalTimeoutMs"> = {},
): AntrykClient {
  const { baseUrl, accessKey, secretKey, fetch } = target;
  return new AntrykClient({ baseUrl, accessKey, secretKey, fetch, maxRetries: 0, ...options });
}

/** From where this run counts: a server that is not new has other runs' numbers. */
let recipients = Math.floor(Math.random() * 1e9);

/** A number that can exist (an Indian mobile number), that this run has not used, and an earlier one only by chance. */
export function newRecipient(): string {
  recipients = (recipients + 1) % 1e9;
  return `+919${String(recipients).padStart(9, "0")}`;
}

/** A code of the same length that is not this one. */
export function otherCode(code: string, offset = 1): string {
  return String((Number(code) + offset) % 10 ** code.length).padStart(code.length, "0");
}
