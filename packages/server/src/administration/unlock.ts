/** Empties a recipient's count of wrong codes. */
import { recipientKey } from "../verification/recipient-key.ts";
import type { Parts } from "./parts.ts";

/** `to`: E.164. `nothing_counted`: the store knows nothing of the recipient; `unknown`: there is no such service. */
export async function unlockRecipient(
  { store, keyring }: Parts,
  serviceId: string,
  to: string,
): Promise<{ readonly kind: "unlocked" | "nothing_counted" | "unknown" }> {
  const service = await store.findService(serviceId.toLowerCase());
  if (!service) return { kind: "unknown" };
  return { kind: (await store.unlock(recipientKey(keyring, service, to))) ? "unlocked" : "nothing_counted" };
}
