/**
 * The rows that this process has written last, so that a call on them needs no read. The newest are kept as they were
 * decided, for the settle that follows a send; a larger number as text, for the verify that follows seconds later.
 */

import { Memory } from "../../model/memory.ts";
import type { RowRef } from "../engine.ts";
import type { KnownRow } from "./job.ts";

export const mostDecoded = 8_192;
/** About 500 bytes each. */
export const mostAsText = 32_768;

interface WrittenText {
  readonly version: number;
  readonly text: string;
}

export class BelievedRows {
  readonly #decoded = new Memory<KnownRow>(mostDecoded);
  readonly #texts = new Memory<WrittenText>(mostAsText);

  get({ name, kind }: RowRef): KnownRow | undefined {
    const known = this.#decoded.get(name);
    if (known) return known;
    const written = this.#texts.get(name);
    return written && { version: written.version, row: kind.decode(written.text), readIn: 0 };
  }

  set({ name }: RowRef, version: number, row: unknown, text: string): void {
    this.#decoded.set(name, { version, row, readIn: 0 });
    this.#texts.set(name, { version, text });
  }

  forget({ name }: RowRef): void {
    this.#decoded.forget(name);
    this.#texts.forget(name);
  }
}
