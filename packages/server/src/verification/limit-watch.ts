/**
 * Says in the log that a limit of an account or a service is nearly used, once in its window. It looks from time to time
 * at the limits that sends were charged to since, so that no send pays for it.
 */
import type { SharedLimit, SharedScope } from "../model/limits.ts";
import type { Log } from "../observe/log.ts";
import { isNear, nearText } from "../policy/near-limits.ts";
import type { Store } from "../store/port.ts";

const lookEveryMs = 30_000;
/** More than this are not kept between two looks. */
const mostCharged = 1_000;

const watched: ReadonlySet<SharedScope> = new Set(["service", "account", "country", "budget"]);

export interface LimitWatchOptions {
  readonly store: Pick<Store, "used" | "now">;
  readonly log: Log;
  /** Called when it says so. */
  readonly onNear?: (scope: SharedScope) => void;
  /** The rest between two looks, ms. */
  readonly everyMs?: number;
}

export class LimitWatch {
  readonly #options: LimitWatchOptions;
  readonly #charged = new Map<string, { readonly accountId: string; readonly limit: SharedLimit }>();
  /** Until when nothing more is said of a limit, Unix ms. */
  readonly #quietUntil = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(options: LimitWatchOptions) {
    this.#options = options;
  }

  /** Sends are charged to these limits. Those of a client, a prefix and the like stop abuse every day, and are left out. */
  charged(accountId: string, charges: readonly SharedLimit[]): void {
    for (const limit of charges) {
      if (!watched.has(limit.scope) || this.#charged.size >= mostCharged) continue;
      this.#charged.set(`${limit.scope} ${limit.subject} ${limit.limit.windowMs}`, { accountId, limit });
    }
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#looking ??= this.look().finally(() => {
        this.#looking = undefined;
      });
    }, this.#options.everyMs ?? lookEveryMs).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  /** Looks now. A store that can't be reached is told elsewhere: what was charged then is looked at with the next send. */
  async look(): Promise<void> {
    const { store, log, onNear } = this.#options;
    const charged = [...this.#charged];
    this.#charged.clear();
    const now = store.now();
    for (const [name, until] of this.#quietUntil) if (until <= now) this.#quietUntil.delete(name);
    for (const [name, { accountId, limit }] of charged) {
      if (this.#quietUntil.has(name)) continue;
      const used = await store.used(accountId, limit).catch(() => 0);
      if (!isNear(limit, used)) continue;
      this.#quietUntil.set(name, now + limit.limit.windowMs);
      const { scope, subject } = limit;
      onNear?.(scope);
      const text = nearText(accountId, limit, used);
      if (scope === "budget") log.warn({ event: "budget_near", subject, used }, text);
      else log.warn({ event: "limit_near", scope, subject, used }, text);
    }
  }
}
