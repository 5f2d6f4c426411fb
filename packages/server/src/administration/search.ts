/** Looks verifications up, and messages that were not sent, as a support case names them. */

import type { NamedMessage } from "../model/gateway.ts";
import { uuidTime } from "../model/ids.ts";
import { formsOf } from "../model/message-id.ts";
import type { Found, SearchedNumber, SearchPage, SearchQuery } from "../model/search.ts";
import { canonicalSpelling } from "../policy/spellings.ts";
import type { Store } from "../store/port.ts";
import { recipientKey } from "../verification/recipient-key.ts";
import type { Parts } from "./parts.ts";

/** What is looked for; everything that is given must hold. */
export interface Wanted extends Pick<SearchQuery, "state" | "reason" | "gateway" | "accountId" | "before" | "limit"> {
  /** E.164. */
  readonly to?: string | undefined;
  readonly requestId?: string | undefined;
  /** As a gateway writes it. */
  readonly messageId?: string | undefined;
  /** Of a verification, or of a decision. */
  readonly verificationId?: string | undefined;
  /** Unix ms. */
  readonly since?: number | undefined;
}

export const searchLimits = { min: 1, max: 200, fallback: 50 } as const;

/** How far back a search by time alone looks, unless it says. */
const looksBackMs = 24 * 3_600_000;
/** A request and what was made for it lie so far apart at most, beside clocks that differ. */
const requestSpanMs = 60_000;
/** Pages of the store for one page. */
const pagesAtMost = 20;

/** A page of what is found, the newest first. It may be empty although there is a `next`: so far nothing was found. */
export async function search(parts: Parts, wanted: Wanted): Promise<SearchPage> {
  const { store } = parts;
  const query = await queryOf(parts, wanted);
  const page = await pagesOf(store, query);
  if (query.until === undefined || page.found.length > 0 || page.next !== undefined) return page;
  // The id is a caller's, whose clock is another one, or which says no time at all.
  return pagesOf(store, { ...query, since: store.now() - looksBackMs, until: undefined });
}

async function pagesOf(store: Pick<Store, "search">, query: SearchQuery): Promise<SearchPage> {
  const found: Found[] = [];
  let before = query.before;
  for (let pages = 0; pages < pagesAtMost; pages += 1) {
    const page = await store.search({ ...query, before, limit: query.limit - found.length });
    found.push(...page.found);
    before = page.next;
    if (before === undefined || found.length >= query.limit) break;
  }
  return { found, next: before };
}

async function queryOf(parts: Parts, wanted: Wanted): Promise<SearchQuery> {
  const { to, messageId, verificationId, ...rest } = wanted;
  if (verificationId !== undefined) return { ...rest, id: verificationId };
  if (messageId !== undefined) return { ...rest, messages: await messagesOf(parts, messageId) };
  if (to !== undefined) return { ...rest, number: await numberOf(parts, to) };
  return { ...rest, ...timeOf(parts, wanted) };
}

/** Ids that this server makes for requests say when these came. */
function timeOf({ store }: Parts, { requestId, since }: Wanted): Pick<SearchQuery, "since" | "until"> {
  if (since !== undefined) return { since };
  const isTimed =
    requestId !== undefined && /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f-]{16}$/.test(requestId);
  if (!isTimed) return { since: store.now() - looksBackMs };
  const at = uuidTime(requestId);
  return { since: at - requestSpanMs, until: at + requestSpanMs };
}

async function numberOf({ store, keyring }: Parts, to: string): Promise<SearchedNumber> {
  const recipient = canonicalSpelling(to);
  const services = await store.listServices(undefined);
  return {
    channel: "sms",
    recipient,
    keys: services.map((service) => recipientKey(keyring, service, recipient)),
    reducedHash: keyring.phoneHash(recipient),
  };
}

/** Which gateway's it is, the id does not say. */
async function messagesOf({ store }: Parts, messageId: string): Promise<NamedMessage[]> {
  const gateways = await store.listGateways();
  return gateways.flatMap(({ id: gatewayId }) => formsOf(messageId).map((form) => ({ gatewayId, messageId: form })));
}
