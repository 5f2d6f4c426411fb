/** Forgets one number everywhere in the store. */
import type { Keyring } from "../keyring/keyring.ts";
import type { Store } from "../store/port.ts";
import type { ErasedRows } from "../store/ports/upkeep.ts";

/** `to`: E.164. */
export async function eraseNumber(store: Store, keyring: Keyring, to: string): Promise<ErasedRows> {
  const channel = "sms";
  const places = (await store.listAccounts()).map(({ id }) => ({
    accountId: id,
    hash: keyring.placeOf(id, channel, to),
  }));
  return store.erase({ channel, recipient: to, places, reducedHash: keyring.phoneHash(to) });
}
