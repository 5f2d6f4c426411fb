/** What gateways report, over any engine. */
import { UnreadableRow } from "../model/errors.ts";
import type { MessageReceipt, NamedMessage } from "../model/gateway.ts";
import { bucketOfId } from "../model/ids.ts";
import { formsOf } from "../model/message-id.ts";
import type { Engine, FoundMessage } from "./engine.ts";
import type { ReceiptStore } from "./ports/gateways.ts";
import { recordReceipt } from "./rules/calls/receipt.ts";
import { decodeEnded, withTimeline } from "./rules/codec.ts";
import { withReceipt } from "./rules/timeline.ts";

export function receiptsOver(engine: Engine): ReceiptStore {
  const lookUps = new LookUps(engine);
  return {
    recordReceipts: async (gatewayId, receipts) => {
      const found = await lookUps.find(gatewayId, [...new Set(receipts.map(({ messageId }) => messageId))]);
      // In the order in which they were reported: the first final status stays.
      const inOrder = Map.groupBy(receipts, ({ messageId }) => found.get(messageId));
      const unmatched = inOrder.get(undefined) ?? [];
      const counts = await Promise.all(
        [...inOrder].map(async ([message, reports]) => {
          let known = 0;
          if (message)
            for (const report of reports)
              if (await recordOne(engine, message, { ...report, messageId: message.messageId })) known += 1;
          return known;
        }),
      );
      return { known: counts.reduce((sum, each) => sum + each, 0), unmatched };
    },
  };
}

/** Messages that are looked for while a look-up is under way go together in the next. */
const mostInOne = 2_000;

class LookUps {
  readonly #engine: Pick<Engine, "findMessages">;
  #waiting: {
    readonly names: readonly NamedMessage[];
    take(found: FoundMessages): void;
    fail(fault: unknown): void;
  }[] = [];
  #running = false;

  constructor(engine: Pick<Engine, "findMessages">) {
    this.#engine = engine;
  }

  /** By the id as it was reported, the message that is known by it, or by another form of it. */
  async find(gatewayId: string, messageIds: readonly string[]): Promise<ReadonlyMap<string, FoundMessage>> {
    const forms = messageIds.map((id) => [id, formsOf(id)] as const);
    const names = forms.flatMap(([, each]) => each.map((messageId) => ({ gatewayId, messageId })));
    const found = await new Promise<FoundMessages>((take, fail) => {
      this.#waiting.push({ names, take, fail });
      if (!this.#running) void this.#run();
    });
    const result = new Map<string, FoundMessage>();
    for (const [id, each] of forms) {
      const message = each.map((form) => found.get(nameOf({ gatewayId, messageId: form }))).find(Boolean);
      if (message) result.set(id, message);
    }
    return result;
  }

  async #run(): Promise<void> {
    this.#running = true;
    // What comes in one turn of the event loop goes together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const together = this.#take();
      try {
        const found = await this.#engine.findMessages(together.flatMap(({ names }) => names));
        const byName = new Map(found.map((message) => [nameOf(message), message]));
        for (const { take } of together) take(byName);
      } catch (fault) {
        for (const { fail } of together) fail(fault);
      }
    }
    this.#running = false;
  }

  #take() {
    let count = 0;
    const end = this.#waiting.findIndex(({ names }, at) => {
      count += names.length;
      return at > 0 && count > mostInOne;
    });
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
  }
}

type FoundMessages = ReadonlyMap<string, FoundMessage>;

function nameOf({ gatewayId, messageId }: NamedMessage): string {
  return `${gatewayId} ${messageId}`;
}

/** Whether the message's verification is still kept; one that can't be read is as one that is not. */
async function recordOne(engine: Engine, message: FoundMessage, receipt: MessageReceipt): Promise<boolean> {
  try {
    return await record(engine, message, receipt);
  } catch (fault) {
    if (fault instanceof UnreadableRow) return false;
    throw fault;
  }
}

async function record(engine: Engine, message: FoundMessage, receipt: MessageReceipt): Promise<boolean> {
  if ((await engine.run(recordReceipt(message, receipt))) === "recorded") return true;
  const { verificationId } = message;
  const bucket = bucketOfId(verificationId);
  for (;;) {
    const row = await engine.findHistory(bucket, verificationId);
    if (!row) return false;
    const deliveries = withReceipt(decodeEnded(verificationId, row.state).deliveries, receipt, engine.now());
    if (!deliveries) return true;
    if (await engine.replaceHistory(bucket, verificationId, row.state, withTimeline(row.state, deliveries)))
      return true;
  }
}
