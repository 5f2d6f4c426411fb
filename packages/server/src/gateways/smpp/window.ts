/**
 * The submit_sm PDUs of a link: at most so many are unanswered, the others wait. What was written and not answered is
 * of unknown outcome; what was not written is a refusal, so that another gateway can be asked.
 */
import type { Pdu } from "smpp";
import type { Failed, FailureClass } from "../port.ts";

/** The SMSC has taken it. */
export interface Taken {
  readonly outcome: "taken";
  readonly messageId?: string;
}

export interface WindowOptions {
  readonly size: number;
  /** For a PDU that was written, ms. After it its place is free again. */
  readonly responseMs: number;
  /** For a place, ms. */
  readonly waitMs: number;
  /** Gives the PDU its sequence number and writes it; false if it can't. */
  readonly write: (pdu: Pdu) => boolean;
}

interface Entry {
  readonly pdu: Pdu;
  /** Since when it waits, then since when it is written. */
  since: number;
  readonly settle: (result: Taken | Failed) => void;
}

/** More than this do not wait: they are refused. */
const waitingMost = 10_000;

export class SubmitWindow {
  readonly #options: WindowOptions;
  readonly #waiting = new Set<Entry>();
  readonly #outstanding = new Map<number, Entry>();
  #open = false;

  constructor(options: WindowOptions) {
    this.#options = options;
  }

  get unanswered(): number {
    return this.#outstanding.size;
  }

  /** Writes it, or has it wait until the window is open and has a place. Never rejects. */
  async submit(pdu: Pdu, signal: AbortSignal): Promise<Taken | Failed> {
    if (signal.aborted) return notWritten("timeout", "aborted before it was written");
    if (this.#waiting.size >= waitingMost) return notWritten("unavailable", "too many wait for the window");
    const { promise, resolve } = Promise.withResolvers<Taken | Failed>();
    const entry: Entry = { pdu, since: performance.now(), settle: resolve };
    this.#waiting.add(entry);
    this.#fill();
    const abort = (): void => {
      // Once it is written, only its answer frees its place.
      const waited = this.#waiting.delete(entry);
      resolve(waited ? notWritten("timeout", this.#whyNotWritten()) : unanswered("timeout", "no response in time"));
    };
    signal.addEventListener("abort", abort, { once: true });
    const result = await promise;
    signal.removeEventListener("abort", abort);
    return result;
  }

  /** The link is bound. */
  open(): void {
    this.#open = true;
    this.#fill();
  }

  /** Nothing is written from now on: what waits is refused. What is unanswered may still be answered. */
  shut(fault: Failed): void {
    this.#open = false;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const { settle } of waiting) settle(fault);
  }

  /** No answer can come any more. */
  lose(): void {
    const lost = [...this.#outstanding.values()];
    this.#outstanding.clear();
    for (const { settle } of lost) settle(unanswered("unknown", "the connection was lost before the response"));
  }

  answer(sequence: number, result: Taken | Failed): void {
    const entry = this.#outstanding.get(sequence);
    if (!entry) return;
    this.#outstanding.delete(sequence);
    entry.settle(result);
    this.#fill();
  }

  /** Ends what took too long. Both lists have the oldest first. */
  expire(now: number): void {
    for (const entry of this.#waiting) {
      if (now - entry.since <= this.#options.waitMs) break;
      this.#waiting.delete(entry);
      entry.settle(notWritten("unavailable", this.#whyNotWritten()));
    }
    for (const [sequence, entry] of this.#outstanding) {
      if (now - entry.since <= this.#options.responseMs) break;
      this.#outstanding.delete(sequence);
      entry.settle(unanswered("timeout", "no response in time"));
    }
    this.#fill();
  }

  #whyNotWritten(): string {
    return this.#open ? "no place in the window in time" : "not bound in time";
  }

  #fill(): void {
    if (!this.#open) return;
    for (const entry of this.#waiting) {
      if (this.#outstanding.size >= this.#options.size) return;
      this.#waiting.delete(entry);
      entry.since = performance.now();
      if (this.#options.write(entry.pdu)) this.#outstanding.set(entry.pdu.sequence_number, entry);
      else entry.settle(notWritten("unavailable", "the connection takes no more"));
    }
  }
}

/** A refusal of ours. */
export function notWritten(failure: FailureClass, detail: string): Failed {
  return { outcome: "failed", class: failure, ambiguous: false, detail: `SMPP: ${detail}` };
}

function unanswered(failure: FailureClass, detail: string): Failed {
  return { outcome: "failed", class: failure, ambiguous: true, detail: `SMPP: ${detail}` };
}
