/** A running server follows its keyring's file: a key is used by all servers without a restart. */
import { statSync } from "node:fs";
import { readKeyring } from "./file.ts";
import { type Keyring, KeyringError } from "./keyring.ts";

const lookEveryMs = 2_000;

export interface KeyringWatchOptions {
  readonly path: string;
  readonly keyring: Keyring;
  /** Other keys are live now. */
  onChanged(): void;
  /** The file can't be used, and the keys from before stay; said once for each state of the file. */
  onRefused(message: string): void;
}

export class KeyringWatch {
  readonly #options: KeyringWatchOptions;
  #seen: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isRefused = false;

  /** The file can't be used as it is now. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** The keyring was read from the file just now. */
  constructor(options: KeyringWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.look();
    this.#timer = setInterval(() => this.look(), lookEveryMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Reads the file if it is another one than at the last look. */
  look(): void {
    const { path, keyring, onChanged, onRefused } = this.#options;
    const state = stateOf(path);
    if (state === this.#seen) return;
    this.#seen = state;
    const before = keyring.liveIds.join(" ");
    try {
      const file = readKeyring(path);
      if (!file) throw new KeyringError(`the keyring ${path} is missing`);
      keyring.reload(file);
    } catch (fault) {
      if (!(fault instanceof KeyringError)) throw fault;
      this.#isRefused = true;
      onRefused(fault.message);
      return;
    }
    this.#isRefused = false;
    if (keyring.liveIds.join(" ") !== before) onChanged();
  }
}

/** Another text for each version of the file. */
function stateOf(path: string): string {
  try {
    const { ino, size, mtimeNs } = statSync(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs}`;
  } catch (fault) {
    return String((fault as NodeJS.ErrnoException).code);
  }
}
