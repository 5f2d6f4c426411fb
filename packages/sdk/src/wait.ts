import { AbortError } from "./errors.ts";
import type { AbortSignalLike } from "./transport/types.ts";

/** The error of a call whose signal was aborted. */
export function abortError(signal: AbortSignalLike): AbortError {
  return new AbortError("The call was aborted by its signal", { type: "aborted", cause: signal.reason });
}

/**
 * Settles as `work` does, unless the signal is aborted or the time is up before: then `interrupt` gets the error, and
 * the promise rejects with it. No timer and no listener outlives it.
 */
export function limited<T>(
  work: Promise<T>,
  limitMs: number,
  timeUp: () => Error,
  signal: AbortSignalLike | undefined,
  interrupt: (error: Error) => void = () => {},
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = (error: Error) => {
      end();
      interrupt(error);
      reject(error);
    };
    const onAbort = () => signal && stop(abortError(signal));
    const timer = setTimeout(() => stop(timeUp()), limitMs);
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    signal?.addEventListener("abort", onAbort);
    work.then(
      (value) => {
        end();
        resolve(value);
      },
      (error) => {
        end();
        reject(error);
      },
    );
    if (signal?.aborted) onAbort();
  });
}

/** Waits, unless the signal is aborted before. @throws AbortError */
export async function sleep(ms: number, signal: AbortSignalLike | undefined): Promise<void> {
  const timeUp = new Error();
  await limited(new Promise<never>(() => {}), ms, () => timeUp, signal).catch((error) => {
    if (error !== timeUp) throw error;
  });
}
