/** Access keys: how an app proves which account it is. */
import { type Credentials, newCredentials } from "../callers/credentials.ts";
import type { Store } from "../store/port.ts";
import type { Unknown } from "./outcomes.ts";

/** The secret is in this reply and nowhere else. `unknown`: there is no such account. */
export async function createKey(
  store: Store,
  accountId: string,
): Promise<({ readonly kind: "key" } & Credentials) | Unknown> {
  const { accessKey, secretKey, secretHash } = newCredentials();
  const made = await store.createAccessKey(accountId, accessKey, secretHash);
  return made ? { kind: "key", accessKey, secretKey } : { kind: "unknown" };
}

/** Running servers refuse the key within two seconds. Revoking twice is fine. */
export async function revokeKey(store: Store, accessKey: string): Promise<{ readonly kind: "revoked" | "unknown" }> {
  return { kind: (await store.revokeAccessKey(accessKey)) ? "revoked" : "unknown" };
}
