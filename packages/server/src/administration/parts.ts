/** What the verbs work on. */
import type { Keyring } from "../keyring/keyring.ts";
import type { Store } from "../store/port.ts";

export interface Parts {
  readonly store: Store;
  readonly keyring: Keyring;
}
