/** The first account of an installation: a key and a sandbox service, ready to send. */
import { randomUUID } from "node:crypto";
import { newCredentials } from "../callers/credentials.ts";
import type { Keyring } from "../keyring/keyring.ts";
import type { Store } from "../store/port.ts";
import { newService } from "./services.ts";

export interface FirstCredentials {
  readonly accountId: string;
  readonly accessKey: string;
  /** Shown once. */
  readonly secretKey: string;
  readonly serviceId: string;
}

/** `undefined`: the store has an account already. */
export async function createFirst(store: Store, keyring: Keyring): Promise<FirstCredentials | undefined> {
  const accountId = randomUUID();
  const { accessKey, secretKey, secretHash } = newCredentials();
  const made = newService(accountId, "Antryk Demo", {}, keyring, store.now());
  if (made.kind === "problem") throw new Error(made.message);
  const account = { id: accountId, name: "Demo", limits: [], createdAt: store.now() };
  const isFirst = await store.createFirstAccount({ account, key: { accessKey, secretHash }, service: made.service });
  return isFirst ? { accountId, accessKey, secretKey, serviceId: made.service.id } : undefined;
}
