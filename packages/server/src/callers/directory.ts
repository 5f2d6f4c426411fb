/** Who calls, by which service, and which numbers are listed: kept until operators change anything, which is checked every two seconds. */
import { LRUCache } from "lru-cache";
import type { Access } from "../model/account.ts";
import type { Service } from "../model/service.ts";
import { Lists, noLists } from "../policy/lists.ts";
import { noPrices, Prices } from "../policy/prices.ts";
import type { AccountStore } from "../store/ports/accounts.ts";
import type { ListStore } from "../store/ports/lists.ts";
import type { PriceStore } from "../store/ports/prices.ts";
import { secretMatches } from "./credentials.ts";

/** A revoked key answers 401 within this time. */
const lookEveryMs = 2_000;
const capacity = 10_000;

export type DirectorySource = Pick<AccountStore, "generation" | "findAccess" | "findService"> &
  Pick<ListStore, "listEntries"> &
  Pick<PriceStore, "listPrices">;

export class Directory {
  readonly #store: DirectorySource;
  readonly #lookEveryMs: number;
  readonly #onUse: (accessKey: string) => void;
  /** What is unknown is never kept. */
  readonly #access = new LRUCache<string, Access>({ max: capacity });
  readonly #services = new LRUCache<string, Service>({ max: capacity });
  /** One value: the lists of the installation. */
  readonly #lists = new LRUCache<"all", Lists>({ max: 1 });
  /** By the account. */
  readonly #prices = new LRUCache<string, Prices>({ max: 1_000 });
  /** As the last look found it; what is kept is not older. */
  #generation: number | undefined;
  #looking: Promise<void> | undefined;
  #freshUntil = Number.NEGATIVE_INFINITY;

  /** `everyMs`: for tests. `onUse` is called with each key whose secret was right. */
  constructor(store: DirectorySource, everyMs = lookEveryMs, onUse: (accessKey: string) => void = () => undefined) {
    this.#store = store;
    this.#lookEveryMs = everyMs;
    this.#onUse = onUse;
  }

  /** `undefined`: the key is unknown, revoked, or the secret is not the key's. */
  async authenticate(accessKey: string, secretKey: string): Promise<Access | undefined> {
    if (accessKey === "" || accessKey.length > 128 || secretKey.length > 256) return undefined;
    const access = await this.#find(this.#access, accessKey, () => this.#store.findAccess(accessKey));
    if (!access || !secretMatches(secretKey, access.secretHash)) return undefined;
    this.#onUse(accessKey);
    return access;
  }

  /** The account's service; another account's and an archived one are unknown. `id` is a UUID in lower case. */
  async service(accountId: string, id: string): Promise<Service | undefined> {
    const service = await this.#find(this.#services, id, () => this.#store.findService(id));
    return service?.accountId === accountId && service.archivedAt === undefined ? service : undefined;
  }

  /** The block and allow lists of the installation. */
  async lists(): Promise<Lists> {
    const read = async () => new Lists(await this.#store.listEntries());
    return (await this.#find(this.#lists, "all", read)) ?? noLists;
  }

  /** What the account's messages cost. */
  async prices(accountId: string): Promise<Prices> {
    const read = async () => new Prices(await this.#store.listPrices(accountId));
    return (await this.#find(this.#prices, accountId, read)) ?? noPrices;
  }

  async #find<K extends string, T extends object>(
    kept: LRUCache<K, T>,
    key: K,
    read: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    if (performance.now() >= this.#freshUntil) await this.#look();
    const found = kept.get(key);
    if (found) return found;
    const generation = this.#generation;
    const value = await read();
    // If a change was seen meanwhile, this value may be older: good for this request, not for the next.
    if (value && this.#generation === generation) kept.set(key, value);
    return value;
  }

  /** One look at a time; all calls that wait for it share its result. */
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
      this.#lists.clear();
      this.#prices.clear();
    }
    this.#generation = generation;
    this.#freshUntil = askedAt + this.#lookEveryMs;
  }
}
