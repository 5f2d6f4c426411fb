/**
 * Takes what gateways report to the store. A report may be here before the send that it is of has been stored: with the
 * response of an SMSC on one connection, or by a webhook that is faster than our own disk. So one that finds no message is
 * tried again a few times.
 */
import type { MessageReceipt } from "../model/gateway.ts";
import type { Log } from "../observe/log.ts";
import type { Store } from "../store/port.ts";

/** Before each further try, ms. Together longer than the rest of a send takes. */
export const triesAfterMs: readonly number[] = [250, 1_000, 5_000, 10_000];

/** Reports that wait; more are not tried again. */
const mostWaiting = 10_000;

interface Waiting {
  readonly gatewayId: string;
  readonly receipts: readonly MessageReceipt[];
}

export class ReceiptDesk {
  readonly #store: Pick<Store, "recordReceipts">;
  readonly #log: Log;
  readonly #waiting = new Map<Waiting, NodeJS.Timeout>();

  constructor(store: Pick<Store, "recordReceipts">, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  /** How many were of messages that are stored already. Rejects where the store can't be reached. */
  async record(gatewayId: string, receipts: readonly MessageReceipt[]): Promise<number> {
    const known = await this.#store.recordReceipts(gatewayId, receipts);
    if (known < receipts.length) this.#wait({ gatewayId, receipts }, 0);
    return known;
  }

  /** What waits is tried once more: all sends have been stored by now. */
  async close(): Promise<void> {
    const all = [...this.#waiting];
    this.#waiting.clear();
    for (const [waiting, timer] of all) {
      clearTimeout(timer);
      await this.#try(waiting);
    }
  }

  #wait(waiting: Waiting, tried: number): void {
    const delay = triesAfterMs[tried];
    if (delay === undefined || this.#waiting.size >= mostWaiting) return;
    const again = async (): Promise<void> => {
      this.#waiting.delete(waiting);
      if (!(await this.#try(waiting))) this.#wait(waiting, tried + 1);
    };
    this.#waiting.set(waiting, setTimeout(() => void again(), delay).unref());
  }

  /** All of them: one that is known already is not changed by being told twice. */
  async #try({ gatewayId, receipts }: Waiting): Promise<boolean> {
    try {
      return (await this.#store.recordReceipts(gatewayId, receipts)) === receipts.length;
    } catch (fault) {
      const { message } = fault as Error;
      this.#log.warn({ event: "receipts_not_stored", count: receipts.length, message }, "receipts could not be stored");
      return false;
    }
  }
}
