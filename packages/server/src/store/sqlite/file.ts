/** The file of the store: whether it is still there, and which server has it. */
import { realpathSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { StoreUnavailable } from "../../model/errors.ts";
import { isBusy } from "./batch.ts";

/** How long a look holds, ms: a look costs 3 µs, and a call at rest 100. */
const lookEveryMs = 50;

/**
 * Looks whether the open file is the one that stands at its path. If it was removed or replaced, or its log was, what
 * is written reaches a file that nobody will open again.
 */
export class FileWatch {
  readonly #path: string;
  readonly #was: string | undefined;
  #logWas: string | undefined;
  #lookAt = 0;

  /** The file has just been opened. */
  constructor(path: string) {
    this.#path = path;
    this.#was = identityOf(path);
  }

  /** Throws StoreUnavailable. */
  check(): void {
    const now = performance.now();
    if (now < this.#lookAt) return;
    this.#lookAt = now + lookEveryMs;
    const log = identityOf(`${this.#path}-wal`);
    // The log is made by the first write.
    this.#logWas ??= log;
    if (identityOf(this.#path) === this.#was && log === this.#logWas) return;
    this.#lookAt = 0;
    throw new StoreUnavailable(
      `the store's file ${this.#path}, or its log beside it, was removed or replaced while it was open: ` +
        "put it back if you can, and start the server again",
    );
  }
}

/** The lock of the one server that has the file. The system frees it when the process ends, however it ends. */
export class ServerLock {
  readonly #db: DatabaseSync;

  /** Throws StoreUnavailable if another server has it. */
  constructor(path: string) {
    // Beside the file itself, by whichever links it is reached: a lock on the file would keep commands out.
    const lock = `${realpathSync(path)}-server`;
    this.#db = new DatabaseSync(lock, { timeout: 0 });
    try {
      this.#db.exec("BEGIN EXCLUSIVE");
    } catch (fault) {
      this.#db.close();
      if (!isBusy(fault)) throw fault;
      throw new StoreUnavailable(
        `another server runs on the store ${path}: stop it first, or let several servers share a PostgreSQL`,
      );
    }
  }

  free(): void {
    if (this.#db.isOpen) this.#db.close();
  }
}

/** Another text for each file that was ever made; undefined if there is none. */
function identityOf(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && `${stats.dev} ${stats.ino}`;
}
