/** Who calls, and by which service: kept until operators change anything, which is asked every two seconds. */
import { LRUCache } from "lru-cache";
import type { Access } from "../model/account.ts";
import type { Service } from "../model/service.ts";
import type { AccountStore } from "../store/ports/accounts.ts";
import { secretMatches } from "./credentials.ts";

/** A revoked key answers 401 within this time. */
const lookEveryMs = 2_000;
const capacity = 10_000;

export class Directory {
  readonly #store: Pick<AccountStore, "generation" | "findAccess" | "findService">;
  readonly #lookEveryMs: number;
  /** What is unknown is never kept. */
  readonly #access = new LRUCache<string, Access>({ max: capacity });
  readonly #services = new LRUCache<string, Service>({ max: capacity });
  /** Of the look before; what is kept is not older. */
  #generation: number | undefined;
  #looking: Promise<void> | undefined;
  #freshUntil = Number.NEGATIVE_INFINITY;

  /** `everyMs`: for tests. */
  constructor(store: Pick<AccountStore, "generation" | "findAccess" | "findService">, everyMs = lookEveryMs) {
    this.#store = store;
    this.#lookEveryMs = everyMs;
  }

  /** `undefined`: the key is unknown, revoked, or the secret is not its own. */
  async authenticate(accessKey: string, secretKey: string): Promise<Access | undefined> {
    if (accessKey === "" || accessKey.length > 128 || secretKey.length > 256) return undefined;
    const access = await this.#find(this.#access, accessKey, () => this.#store.findAccess(accessKey));
    return access && secretMatches(secretKey, access.secretHash) ? access : undefined;
  }

  /** The account's service; another account's is unknown. `id` is a UUID in lower case. */
  async service(accountId: string, id: string): Promise<Service | undefined> {
    const service = await this.#find(this.#services, id, () => this.#store.findService(id));
    return service?.accountId === accountId ? service : undefined;
  }

  async #find<T extends object>(
    kept: LRUCache<string, T>,
    key: string,
    read: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    if (performance.now() >= this.#freshUntil) await this.#look();
    const found = kept.get(key);
    if (found) return found;
    const generation = this.#generation;
    const value = await read();
    // A change was seen meanwhile, and this may be what stood before it: good for this request, not for the next.
    if (value && this.#generation === generation) kept.set(key, value);
    return value;
  }

  /** One look at a time; all that wait for it see what it sees. */
  #look(): Promise<void> {
    this.#looking ??= this.#readGeneration().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #readGeneration(): Promise<void> {
    const askedAt = performance.now();
    const generation = await this.#store.generation();
    if (generation !== this.#generation) {
      this.#access.clear();
      this.#services.clear();
    }
    this.#generation = generation;
    this.#freshUntil = askedAt + this.#lookEveryMs;
  }
}
