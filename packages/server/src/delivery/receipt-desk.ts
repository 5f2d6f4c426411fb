/**
 * Takes what gateways report to the store. A report may be here before the send that it is of has been stored: with the
 * response of an SMSC on one connection, or by a webhook that is faster than our own disk. So one that finds no message
 * is put on the queue and retried a few times, by whichever process claims it. What a gateway can ask for in this way
 * is bounded: receipts at once, and receipts that wait (receipt-room.ts).
 */
import type { MessageReceipt } from "../model/gateway.ts";
import { cleanMessageId } from "../model/message-id.ts";
import type { Log } from "../observe/log.ts";
import type { Store } from "../store/port.ts";
import type { ClaimedEntry, NewEntry, WorkQueue } from "../store/ports/queue.ts";
import { ReceiptRoom } from "./receipt-room.ts";
import { Together } from "./together.ts";

export const receiptTopic = "receipt";

/** Receipts that one request may hold; gateways that gather them send some hundred at most. */
export const mostReceiptsAtOnce = 500;

/** Before each retry, ms. Together longer than the rest of a send takes. */
export const retriesAfterMs: readonly number[] = [500, 3_000, 12_000];

const receiptsInEntry = 50;
/** Gateways' ids may be long; two that begin alike only wait for one another. */
const subjectLength = 200;
/** Words of a gateway's own, as far as a timeline shows them. */
const codeLength = 64;

/** What became of a receipt. */
export type ReceiptFate = "known" | "unmatched" | "dropped";

interface Waiting {
  readonly gatewayId: string;
  readonly receipts: readonly MessageReceipt[];
}

export interface ReceiptDeskParts {
  readonly store: Pick<Store, "recordReceipts" | "queue" | "now">;
  /** Puts entries on the queue; the default is the store's own. */
  readonly enqueue?: WorkQueue["enqueue"] | undefined;
  /** Counts what became of receipts. */
  readonly onReceipts?: ((fate: ReceiptFate, count: number) => void) | undefined;
  /** Called for each receipt of a known message. */
  readonly onStatus?: ((gatewayId: string, status: MessageReceipt["status"]) => void) | undefined;
  readonly log: Log;
}

export class ReceiptDesk {
  readonly #store: ReceiptDeskParts["store"];
  readonly #enqueue: WorkQueue["enqueue"];
  readonly #count: NonNullable<ReceiptDeskParts["onReceipts"]>;
  readonly #onStatus: NonNullable<ReceiptDeskParts["onStatus"]>;
  readonly #log: Log;
  readonly #late = new Together<Waiting>((late) => this.#putOff(late));
  readonly #room: ReceiptRoom;

  constructor({ store, enqueue = store.queue.enqueue, onReceipts, onStatus, log }: ReceiptDeskParts) {
    this.#store = store;
    this.#enqueue = enqueue;
    this.#count = onReceipts ?? (() => undefined);
    this.#onStatus = onStatus ?? (() => undefined);
    this.#log = log;
    this.#room = new ReceiptRoom((atMost, first) => store.queue.waiting(receiptTopic, atMost, first));
  }

  /** How many were of messages that are stored already. Rejects if the store can't be reached. */
  async record(gatewayId: string, given: readonly MessageReceipt[]): Promise<number> {
    const receipts = given.flatMap(cleaned);
    if (receipts.length === 0) return 0;
    const { known, unmatched } = await this.#store.recordReceipts(gatewayId, receipts);
    this.#known(gatewayId, receipts, unmatched);
    if (unmatched.length > 0) await this.#late.add({ gatewayId, receipts: unmatched });
    return known;
  }

  /** Records the receipts of an entry once more. */
  async retry({ body, tries }: Pick<ClaimedEntry, "body" | "tries">): Promise<"done" | { readonly againAt: number }> {
    const { gatewayId, receipts } = JSON.parse(body) as Waiting;
    const restMs = retriesAfterMs[tries];
    try {
      const { unmatched } = await this.#store.recordReceipts(gatewayId, receipts);
      if (unmatched.length === 0 || restMs === undefined) {
        this.#finish(gatewayId, receipts, unmatched);
        return "done";
      }
    } catch (fault) {
      const { message } = fault as Error;
      this.#log.warn({ event: "receipts_not_stored", count: receipts.length, message }, "receipts could not be stored");
    }
    // A store that is away uses up no retry: the last rest is repeated.
    return { againAt: this.#store.now() + (restMs ?? retriesAfterMs.at(-1) ?? 0) };
  }

  #known(gatewayId: string, receipts: readonly MessageReceipt[], unmatched: readonly MessageReceipt[]): void {
    this.#count("known", receipts.length - unmatched.length);
    for (const receipt of receipts) if (!unmatched.includes(receipt)) this.#onStatus(gatewayId, receipt.status);
  }

  /** Ids of messages name no person: they are what an operator asks the gateway about. */
  #finish(gatewayId: string, receipts: readonly MessageReceipt[], unmatched: readonly MessageReceipt[]): void {
    this.#known(gatewayId, receipts, unmatched);
    if (unmatched.length === 0) return;
    this.#count("unmatched", unmatched.length);
    const messageIds = unmatched.slice(0, 3).map(({ messageId }) => messageId);
    this.#log.info(
      { event: "receipts_unmatched", gatewayId, count: unmatched.length, messageIds },
      "receipts of messages that are not known here",
    );
  }

  /** Many gateways report what others have sent: their receipts share entries, so that each costs few writes. */
  async #putOff(late: readonly Waiting[]): Promise<void> {
    const due = this.#store.now() + (retriesAfterMs[0] ?? 0);
    const entries: NewEntry[] = [];
    for (const [gatewayId, parts] of Map.groupBy(late, (one) => one.gatewayId)) {
      const receipts = parts.flatMap((part) => part.receipts);
      const wanted = Math.ceil(receipts.length / receiptsInEntry);
      const given = await this.#room.take(beginningOf(gatewayId), wanted);
      const kept = receipts.slice(0, given * receiptsInEntry);
      for (let at = 0; at < kept.length; at += receiptsInEntry) {
        const some = kept.slice(at, at + receiptsInEntry);
        const subject = `${beginningOf(gatewayId)}${some[0]?.messageId}`.slice(0, subjectLength);
        const body = JSON.stringify({ gatewayId, receipts: some } satisfies Waiting);
        entries.push({ topic: receiptTopic, subject, due, body });
      }
      this.#dropped(gatewayId, receipts.length - kept.length);
    }
    if (entries.length > 0) await this.#enqueue(entries);
  }

  #dropped(gatewayId: string, count: number): void {
    if (count === 0) return;
    this.#count("dropped", count);
    if (this.#room.mustWarn(beginningOf(gatewayId)))
      this.#log.warn(
        { event: "receipts_dropped", gatewayId, count },
        "too many receipts of unknown messages wait: more of this gateway's are not kept",
      );
  }
}

/** What the subjects of a gateway's entries begin with. */
function beginningOf(gatewayId: string): string {
  return `${gatewayId} `;
}

/** Nothing, if the receipt names no message that could be known. */
function cleaned({ messageId: given, status, code, at }: MessageReceipt): MessageReceipt[] {
  const messageId = cleanMessageId(given);
  if (messageId === undefined) return [];
  const word = code?.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, codeLength);
  return [{ messageId, status, ...(word ? { code: word } : {}), ...(at === undefined ? {} : { at }) }];
}
