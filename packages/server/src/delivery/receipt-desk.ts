/**
 * Takes what gateways report to the store. A report may be here before the send that it is of has been stored: with the
 * response of an SMSC on one connection, or by a webhook that is faster than our own disk. So one that finds no message
 * is put on the queue and retried a few times, by whichever process claims it.
 */
import type { MessageReceipt } from "../model/gateway.ts";
import type { Log } from "../observe/log.ts";
import type { Store } from "../store/port.ts";
import type { ClaimedEntry, WorkQueue } from "../store/ports/queue.ts";

export const receiptTopic = "receipt";

/** Before each retry, ms. Together longer than the rest of a send takes. */
export const retriesAfterMs: readonly number[] = [250, 1_000, 5_000, 10_000];

/** Entries that wait; more are not retried. Some gateways report other systems' messages as well. */
const mostWaiting = 10_000;
/** How old the count of what waits may be. */
const countedForMs = 1_000;
/** Gateways' ids may be long; two that begin alike only wait for one another. */
const subjectLength = 200;

interface Waiting {
  readonly gatewayId: string;
  readonly receipts: readonly MessageReceipt[];
}

export interface ReceiptDeskParts {
  readonly store: Pick<Store, "recordReceipts" | "queue" | "now">;
  /** Puts entries on the queue; the default is the store's own. */
  readonly enqueue?: WorkQueue["enqueue"] | undefined;
  readonly log: Log;
}

export class ReceiptDesk {
  readonly #store: ReceiptDeskParts["store"];
  readonly #enqueue: WorkQueue["enqueue"];
  readonly #log: Log;
  #waiting = 0;
  #countedAt = Number.NEGATIVE_INFINITY;

  constructor({ store, enqueue = store.queue.enqueue, log }: ReceiptDeskParts) {
    this.#store = store;
    this.#enqueue = enqueue;
    this.#log = log;
  }

  /** How many were of messages that are stored already. Rejects if the store can't be reached. */
  async record(gatewayId: string, receipts: readonly MessageReceipt[]): Promise<number> {
    const { known, unmatched } = await this.#store.recordReceipts(gatewayId, receipts);
    if (unmatched.length > 0) await this.#putOff({ gatewayId, receipts: unmatched });
    return known;
  }

  /** Records the receipts of an entry once more. */
  async retry({ body, tries }: Pick<ClaimedEntry, "body" | "tries">): Promise<"done" | { readonly againAt: number }> {
    const { gatewayId, receipts } = JSON.parse(body) as Waiting;
    const restMs = retriesAfterMs[tries];
    try {
      const { unmatched } = await this.#store.recordReceipts(gatewayId, receipts);
      if (unmatched.length === 0 || restMs === undefined) return "done";
    } catch (fault) {
      const { message } = fault as Error;
      this.#log.warn({ event: "receipts_not_stored", count: receipts.length, message }, "receipts could not be stored");
    }
    // A store that is away uses up no retry: the last rest is repeated.
    return { againAt: this.#store.now() + (restMs ?? retriesAfterMs.at(-1) ?? 0) };
  }

  async #putOff(waiting: Waiting): Promise<void> {
    if (!(await this.#hasRoom())) return;
    const [first] = waiting.receipts;
    const due = this.#store.now() + (retriesAfterMs[0] ?? 0);
    const subject = `${waiting.gatewayId} ${first?.messageId}`.slice(0, subjectLength);
    await this.#enqueue([{ topic: receiptTopic, subject, due, body: JSON.stringify(waiting) }]);
    this.#waiting += 1;
  }

  async #hasRoom(): Promise<boolean> {
    const now = performance.now();
    if (now - this.#countedAt > countedForMs) {
      this.#countedAt = now;
      this.#waiting = await this.#store.queue.waiting(receiptTopic, mostWaiting);
      if (this.#waiting >= mostWaiting)
        this.#log.warn(
          { event: "receipts_dropped", waiting: this.#waiting },
          "too many receipts of unknown messages: more are not kept",
        );
    }
    return this.#waiting < mostWaiting;
  }
}
