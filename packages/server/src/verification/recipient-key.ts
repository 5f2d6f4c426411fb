/** Where a recipient's rows are. */
import type { Keyring } from "../keyring/keyring.ts";
import type { Channel } from "../model/channel.ts";
import type { RecipientKey } from "../model/recipient.ts";
import { canonicalSpelling } from "../policy/spellings.ts";

/** The same for every spelling of a number. `to`: E.164. */
export function recipientKey(
  keyring: Pick<Keyring, "placeOf">,
  service: { readonly accountId: string; readonly id: string },
  to: string,
  channel: Channel = "sms",
): RecipientKey {
  const { accountId, id: serviceId } = service;
  const recipient = canonicalSpelling(to);
  return { accountId, serviceId, channel, recipient, hash: keyring.placeOf(accountId, channel, recipient) };
}
