/**
 * When access keys were used. A request only notes it in memory; it is written apart from requests, together, at most
 * once a minute a key. So what is shown may be a minute old, and a crash loses what was not written yet.
 */
import type { AccountStore } from "../store/ports/accounts.ts";

/** How soon a first use is written, and how long a key then rests, ms. */
const usual = { writeAfterMs: 1_000, restMs: 60_000 } as const;

export interface KeyUsesParts {
  readonly store: Pick<AccountStore, "noteKeyUses"> & { now(): number };
  /** Called if uses could not be stored; they are tried again. */
  readonly onFault: (count: number, fault: Error) => void;
  /** For tests. */
  readonly times?: { readonly writeAfterMs: number; readonly restMs: number };
}

export class KeyUses {
  readonly #store: KeyUsesParts["store"];
  readonly #onFault: KeyUsesParts["onFault"];
  readonly #times: { readonly writeAfterMs: number; readonly restMs: number };
  /** Uses that are not written yet, Unix ms. */
  readonly #noted = new Map<string, number>();
  /** Until when a key rests, by the monotonic clock, ms. */
  readonly #restUntil = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor({ store, onFault, times = usual }: KeyUsesParts) {
    this.#store = store;
    this.#onFault = onFault;
    this.#times = times;
  }

  /** Only keys that exist are noted, so that no stranger fills the memory. */
  note(accessKey: string): void {
    this.#noted.set(accessKey, this.#store.now());
    this.#arm();
  }

  /** Writes what is still noted. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#writing;
    await this.#write([...this.#noted.keys()]);
  }

  #arm(): void {
    if (this.#isClosed || this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#writing = this.#writeDue().finally(() => {
        this.#timer = undefined;
        if (this.#noted.size > 0) this.#arm();
      });
    }, this.#times.writeAfterMs).unref();
  }

  async #writeDue(): Promise<void> {
    const now = performance.now();
    for (const [accessKey, until] of this.#restUntil) if (until <= now) this.#restUntil.delete(accessKey);
    await this.#write([...this.#noted.keys()].filter((accessKey) => !this.#restUntil.has(accessKey)));
  }

  async #write(accessKeys: readonly string[]): Promise<void> {
    const uses = accessKeys.flatMap((accessKey) => {
      const usedAt = this.#noted.get(accessKey);
      return usedAt === undefined ? [] : [{ accessKey, usedAt }];
    });
    if (uses.length === 0) return;
    for (const accessKey of accessKeys) this.#restUntil.set(accessKey, performance.now() + this.#times.restMs);
    try {
      await this.#store.noteKeyUses(uses);
      for (const { accessKey, usedAt } of uses)
        if (this.#noted.get(accessKey) === usedAt) this.#noted.delete(accessKey);
    } catch (fault) {
      // They stay noted, and are written after the rest.
      this.#onFault(uses.length, fault as Error);
    }
  }
}
