/** Who calls, and by which service: read from the store at most every two seconds. What is unknown is never kept. */
import type { Access } from "../model/account.ts";
import type { Service } from "../model/service.ts";
import type { AccountStore } from "../store/ports/accounts.ts";
import { secretMatches } from "./credentials.ts";
import { FreshCache } from "./fresh-cache.ts";

/** A revoked key answers 401 within this time. */
const freshMs = 2_000;
const capacity = 10_000;

export class Directory {
  readonly #store: AccountStore;
  readonly #access = new FreshCache<Access>(freshMs, capacity);
  readonly #services = new FreshCache<Service>(freshMs, capacity);

  constructor(store: AccountStore) {
    this.#store = store;
  }

  /** `undefined` where the key is unknown, revoked, or the secret is not its own. */
  async authenticate(accessKey: string, secretKey: string): Promise<Access | undefined> {
    if (accessKey === "" || accessKey.length > 128 || secretKey.length > 256) return undefined;
    let access = this.#access.get(accessKey);
    if (!access) {
      const askedAt = performance.now();
      access = await this.#store.findAccess(accessKey);
      if (!access) return undefined;
      this.#access.set(accessKey, access, askedAt);
    }
    return secretMatches(secretKey, access.secretHash) ? access : undefined;
  }

  /** The account's service; another account's is unknown. `id` is a UUID in lower case. */
  async service(accountId: string, id: string): Promise<Service | undefined> {
    let service = this.#services.get(id);
    if (!service) {
      const askedAt = performance.now();
      service = await this.#store.findService(id);
      if (!service) return undefined;
      this.#services.set(id, service, askedAt);
    }
    return service.accountId === accountId ? service : undefined;
  }
}
