/** What the heart's verbs take: a request that intake has admitted. */
import type { Access } from "../model/account.ts";
import type { Channel } from "../model/channel.ts";
import type { Service } from "../model/service.ts";
import type { Client } from "../policy/client-address.ts";
import type { Lists } from "../policy/lists.ts";
import type { Prices } from "../policy/prices.ts";

/** Who asks, for which recipient, by which service. */
export interface VerificationRequest {
  readonly access: Access;
  readonly service: Service;
  readonly channel: Channel;
  /** The recipient's address on the channel: for `sms` a possible number, E.164, as the caller spells it. */
  readonly to: string;
  /** What the client's limits count by; undefined if the caller passed no address. */
  readonly client: Client | undefined;
  /** Keys of the caller's own that limits count by, by their names. */
  readonly named: Readonly<Record<string, string>>;
  /** What the caller gives with a send, to have it back: a JSON object of strings, or "". */
  readonly metadata: string;
  /** The block and allow lists, as they were at most two seconds ago. */
  readonly lists: Lists;
  /** What messages cost; undefined: the account has no currency, or no message is sent. */
  readonly prices?: Prices | undefined;
  /** Language that the request asks the message to be in, canonical; undefined for verbs that send none. */
  readonly locale: string | undefined;
  readonly idempotency: IdempotencyInput | undefined;
  /** The `x-request-id`; undefined: it has none. */
  readonly requestId?: string | undefined;
}

export interface IdempotencyInput {
  readonly key: string;
  /** The request's fields as parsed, credentials left out. */
  readonly fields: readonly string[];
}
