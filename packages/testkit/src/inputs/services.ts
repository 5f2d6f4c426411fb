/** A service as its settings' defaults make it, for tests that need no store. */
import { newService } from "../../../server/src/administration/services.ts";
import { Keyring, newKeyring } from "../../../server/src/keyring/keyring.ts";
import type { Service } from "../../../server/src/model/service.ts";

const keyring = new Keyring(newKeyring());

export function serviceWith(changes: Partial<Service> = {}): Service {
  const made = newService("5f0c8f0e-4f3b-4c62-9d5a-0d6b1d0f3a12", "Acme", {}, keyring, 0);
  if (made.kind === "problem") throw new Error(made.message);
  return { ...made.service, ...changes };
}
