/** Lifts what is counted of a recipient. */
import { defaults } from "@antryk/contract";
import { recipientChargesOf } from "../policy/charges.ts";
import { recipientKey } from "../verification/recipient-key.ts";
import type { Parts } from "./parts.ts";

/** Empties the count of wrong codes. `to`: E.164. `nothing_counted`: the store knows nothing of the recipient; `unknown`: there is no such service. */
export async function unlockRecipient(
  { store, keyring }: Parts,
  serviceId: string,
  to: string,
): Promise<{ readonly kind: "unlocked" | "nothing_counted" | "unknown" }> {
  const service = await store.findService(serviceId.toLowerCase());
  if (!service) return { kind: "unknown" };
  return { kind: (await store.unlock(recipientKey(keyring, service, to))) ? "unlocked" : "nothing_counted" };
}

/** Empties every count of a recipient, of one service or of all. Returns for how many services there was a row. */
export async function resetRecipient(
  { store, keyring }: Parts,
  to: string,
  serviceId: string | undefined,
): Promise<{ readonly kind: "reset"; readonly services: number } | { readonly kind: "unknown" }> {
  const one = serviceId === undefined ? undefined : await store.findService(serviceId.toLowerCase());
  if (serviceId !== undefined && !one) return { kind: "unknown" };
  const accounts = new Map((await store.listAccounts()).map((account) => [account.id, account]));
  let reset = 0;
  for (const service of one ? [one] : await store.listServices(undefined)) {
    const key = recipientKey(keyring, service, to);
    const limits = accounts.get(service.accountId)?.recipientLimits ?? defaults.accountRecipientLimits;
    if (await store.resetCounts(key, recipientChargesOf(key.accountId, String(key.hash), limits))) reset += 1;
  }
  return { kind: "reset", services: reset };
}
