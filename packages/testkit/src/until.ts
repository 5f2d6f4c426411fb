/** Waiting for what must happen, however busy the machine is. */
import { setTimeout as sleep } from "node:timers/promises";

/** Against hangs only: nothing that works takes so long, not even beside ten busy processes. */
export const hangMs = 600_000;

export interface UntilOptions {
  /** What is waited for, as "the server listens"; a function is called at the time limit; may add what was found. */
  readonly what: string | (() => string);
  readonly timeoutMs?: number;
  /** Between two looks at a condition. */
  readonly everyMs?: number;
}

type Nothing = false | 0 | "" | null | undefined;

/**
 * Resolves with what a promise resolves with, or with the first result of a condition that is not false, 0, "", null or
 * undefined. Rejects if the promise or the condition does, and if nothing comes within `timeoutMs`.
 */
export function until<T>(condition: Promise<T>, options: UntilOptions): Promise<T>;
export function until<T>(condition: () => T | Promise<T>, options: UntilOptions): Promise<Exclude<T, Nothing>>;
export async function until<T>(
  condition: Promise<T> | (() => T | Promise<T>),
  { what, timeoutMs = hangMs, everyMs = 10 }: UntilOptions,
): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const describe = (): string => (typeof what === "string" ? what : what());
  const timer = setTimeout(() => reject(new Error(`not within ${timeoutMs / 1000} s: ${describe()}`)), timeoutMs);
  try {
    if (typeof condition !== "function") return await Promise.race([condition, late]);
    for (;;) {
      const found = await Promise.race([condition(), late]);
      if (found) return found;
      await Promise.race([sleep(everyMs), late]);
    }
  } finally {
    clearTimeout(timer);
  }
}
