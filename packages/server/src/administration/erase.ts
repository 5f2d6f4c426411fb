/** Forgets one number everywhere in the store. */
import type { Keyring } from "../keyring/keyring.ts";
import { spellingsOf } from "../policy/spellings.ts";
import type { Store } from "../store/port.ts";
import type { ErasedRows } from "../store/ports/upkeep.ts";

/** In every spelling: what was stored before a spelling was known as another's is found by itself. `to`: E.164. */
export async function eraseNumber(store: Store, keyring: Keyring, to: string): Promise<ErasedRows> {
  let all: ErasedRows = { recipients: 0, history: 0, idempotencyKeys: 0 };
  for (const spelling of spellingsOf(to)) {
    const { recipients, history, idempotencyKeys } = await eraseSpelling(store, keyring, spelling);
    all = {
      recipients: all.recipients + recipients,
      history: all.history + history,
      idempotencyKeys: all.idempotencyKeys + idempotencyKeys,
    };
  }
  return all;
}

async function eraseSpelling(store: Store, keyring: Keyring, to: string): Promise<ErasedRows> {
  const channel = "sms";
  const places = (await store.listAccounts()).map(({ id }) => ({
    accountId: id,
    hash: keyring.placeOf(id, channel, to),
  }));
  return store.erase({ channel, recipient: to, places, reducedHash: keyring.phoneHash(to) });
}
