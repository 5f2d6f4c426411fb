/** Access keys: how an app proves which account it is. */
import { type Credentials, newCredentials } from "../callers/credentials.ts";
import type { Store } from "../store/port.ts";
import { nameProblem } from "./names.ts";
import { type ArchivedAccount, type Problem, problem, type Unknown } from "./outcomes.ts";

/** The secret is in this reply and nowhere else. `unknown`: there is no such account; an archived one gets none. */
export async function createKey(
  store: Store,
  accountId: string,
  name?: string,
): Promise<({ readonly kind: "key" } & Credentials) | Unknown | ArchivedAccount | Problem> {
  const wrong = name === undefined ? undefined : nameProblem(name);
  if (wrong !== undefined) return problem(wrong);
  const { accessKey, secretKey, secretHash } = newCredentials();
  const made = await store.createAccessKey(accountId, accessKey, secretHash, name);
  if (made === "archived") return { kind: "archived_account" };
  return made ? { kind: "key", accessKey, secretKey } : { kind: "unknown" };
}

/** Running servers refuse the key within two seconds. Revoking twice is fine. */
export async function revokeKey(store: Store, accessKey: string): Promise<{ readonly kind: "revoked" | "unknown" }> {
  return { kind: (await store.revokeAccessKey(accessKey)) ? "revoked" : "unknown" };
}
