/**
 * Looks every two seconds whether the store is still the one that this server was started on, and says that the
 * server is alive. A server whose store was replaced, or has come further than its program, must not take a request:
 * what it has begun is finished, nothing new is begun.
 */
import type { Log } from "../observe/log.ts";
import type { Store } from "./port.ts";
import type { ServerNode, StoreIdentity } from "./ports/identity.ts";

const lookEveryMs = 2_000;
const signEveryMs = 10_000;

/** Why a server must not use its store. */
export type StoreTrouble = "beyond" | "moving" | "another";

const said: Readonly<Record<StoreTrouble, string>> = {
  beyond: "the store's schema has come further than this version of antryk: the server stops",
  moving: "a move into the store was begun: no request is taken until it is finished",
  another: "the store is not the one that this server was started on: no request is taken",
};

export interface StoreWatchOptions {
  readonly store: Pick<Store, "identity" | "seeNode" | "forgetNode">;
  readonly log: Log;
  /** This server, as it is now. */
  node(): ServerNode;
}

export class StoreWatch {
  readonly #options: StoreWatchOptions;
  readonly #beyond = Promise.withResolvers<void>();
  #first: StoreIdentity | undefined;
  #codesFrom: number | undefined;
  #trouble: StoreTrouble | undefined;
  #timer: NodeJS.Timeout | undefined;
  #signedAt = Number.NEGATIVE_INFINITY;
  #working: Promise<void> | undefined;
  #stopped = false;

  constructor(options: StoreWatchOptions) {
    this.#options = options;
  }

  /** Resolves once the store has come further than this program. */
  get beyond(): Promise<void> {
    return this.#beyond.promise;
  }

  /** The newest time that the store had seen when this server started, Unix ms; 0: none. */
  get newestAtStart(): number {
    return this.#first?.newest ?? 0;
  }

  /** What keeps requests from being taken now. */
  get trouble(): StoreTrouble | undefined {
    return this.#trouble;
  }

  /** The first look: its store is the one to compare with. Throws StoreUnavailable. */
  async start(): Promise<void> {
    this.take(await this.#options.store.identity());
    await this.#sign();
    this.#schedule();
  }

  /** What another look at the store has found. */
  take(identity: StoreIdentity): void {
    this.#first ??= identity;
    this.#sayFailover(identity);
    const trouble = this.#troubleOf(identity, this.#first);
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    const { log } = this.#options;
    if (trouble === undefined) log.info({ event: "store_trouble_ended" }, "the store can be used again");
    else log.error({ event: "store_trouble", trouble }, said[trouble]);
    if (trouble === "beyond") this.#beyond.resolve();
  }

  /** Says at once what has changed about this server. */
  async sign(): Promise<void> {
    this.#signedAt = Number.NEGATIVE_INFINITY;
    await this.#sign();
  }

  /** Resolves once nothing is under way any more; the server is forgotten. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#working;
    if (this.#first) await this.#options.store.forgetNode(this.#options.node().id).catch(() => undefined);
  }

  #sayFailover({ codesFrom }: StoreIdentity): void {
    const isNew = this.#codesFrom !== undefined && codesFrom > this.#codesFrom;
    this.#codesFrom = codesFrom;
    if (!isNew) return;
    const from = new Date(codesFrom).toISOString();
    this.#options.log.warn(
      { event: "codes_ended", from },
      "another database server goes on from an earlier moment: codes that were sent before are not taken any more",
    );
  }

  #troubleOf({ id, canary, isMoving, isBeyond }: StoreIdentity, first: StoreIdentity): StoreTrouble | undefined {
    if (isBeyond) return "beyond";
    if (isMoving) return "moving";
    const isSame = id === first.id && (first.canary === null || canary === first.canary);
    return isSame ? undefined : "another";
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#working = this.#look().finally(() => this.#schedule());
    }, lookEveryMs);
    this.#timer.unref();
  }

  /** A store that can't be reached is what the requests themselves, and /readyz, say. */
  async #look(): Promise<void> {
    try {
      this.take(await this.#options.store.identity());
      await this.#sign();
    } catch {
      // The next look comes soon.
    }
  }

  async #sign(): Promise<void> {
    if (performance.now() < this.#signedAt + signEveryMs) return;
    await this.#options.store.seeNode(this.#options.node());
    this.#signedAt = performance.now();
  }
}
