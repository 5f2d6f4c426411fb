/** A store belongs to one keyring: with another, every code in it would be wrong and no gateway's secret readable. */
import { type Keyring, KeyringError } from "../keyring/keyring.ts";
import type { Store } from "../store/port.ts";

type Claimed = Pick<Store, "identity" | "claim" | "keyIdsInUse" | "listGateways" | "listServices">;

/** Makes the store this keyring's if it is nobody's yet. Returns what is wrong otherwise, in words after its path. */
export async function claimStore(store: Claimed, keyring: Keyring): Promise<string | undefined> {
  const another = "belongs to another installation than the store: restore the right one, or set ANTRYK_KEYRING";
  const { canary } = await store.identity();
  if (canary !== null && canary !== keyring.canary) return another;
  const lacking = (await store.keyIdsInUse()).filter((id) => !keyring.find(id));
  if (lacking.length > 0)
    return `lacks ${lacking.join(", ")}, which codes in the store still need: restore it from your backup`;
  if (canary !== null) return undefined;
  // What was sealed before the store knew its keyring shows whose it is.
  if (!(await opensSettings(store, keyring))) return another;
  return (await store.claim(keyring.canary)) === keyring.canary ? undefined : another;
}

async function opensSettings(store: Claimed, keyring: Keyring): Promise<boolean> {
  try {
    for (const { id, sealedConfig } of [...(await store.listGateways()), ...(await store.listServices(undefined))])
      if (sealedConfig !== null) keyring.open(sealedConfig, id);
    return true;
  } catch (fault) {
    if (fault instanceof KeyringError) return false;
    throw fault;
  }
}
