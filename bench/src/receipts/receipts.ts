/**
 * What a delivery receipt costs this process and PostgreSQL together, from the receipt desk on: receipts of our own
 * messages one by one and gathered, and of messages that nobody here has sent, with all of their retries.
 */
import { randomUUID } from "node:crypto";
import { startCluster } from "@antryk/testkit/postgres";
import { Caller } from "@antryk/testkit/store/harness";
import { ReceiptDesk, receiptTopic, retriesAfterMs } from "../../../packages/server/src/delivery/receipt-desk.ts";
import type { MessageReceipt } from "../../../packages/server/src/model/gateway.ts";
import { createLog } from "../../../packages/server/src/observe/log.ts";
import { ManualClock } from "../../../packages/server/src/store/clock.ts";
import type { Store } from "../../../packages/server/src/store/port.ts";
import { openPostgresStore } from "../../../packages/server/src/store/postgres/open.ts";
import { parseTarget } from "../../../packages/server/src/store/postgres/target.ts";
import { treeCpuUs } from "../processes/processes.ts";
import { fixed, table } from "../report/table.ts";

/** The figure to reach, µs of processor time of both. */
const target = 100;
const count = 15_000;
/** Requests that gateways make at once, and receipts of one that gathers them. */
const callers = 64;
const gathered = 100;

interface ReceiptFigures {
  readonly what: string;
  readonly receipts: number;
  readonly perSecond: number;
  readonly processUs: number;
  readonly databaseUs: number;
}

export async function runReceipts(progress: (text: string) => void): Promise<{ data: object; text: string }> {
  await using cluster = await startCluster({ settings: ["shared_buffers=256MB", "max_wal_size=4GB"] });
  const clock = new ManualClock(Date.now());
  const store = await openPostgresStore({ target: parseTarget(cluster.url("postgres")), clock });
  try {
    const gatewayId = randomUUID();
    const desk = new ReceiptDesk({ store, log: createLog("warn") });
    const measure = async (what: string, receipts: number, run: () => Promise<void>): Promise<ReceiptFigures> => {
      progress(what);
      const usage = () => ({ own: process.cpuUsage(), database: treeCpuUs([cluster.pid]), at: performance.now() });
      const before = usage();
      await run();
      const after = usage();
      const { user, system } = process.cpuUsage(before.own);
      return {
        what,
        receipts,
        perSecond: Math.round((receipts / (after.at - before.at)) * 1000),
        processUs: (user + system) / receipts,
        databaseUs: (after.database - before.database) / receipts,
      };
    };
    const oneByOne = (some: readonly string[]) =>
      atOnce(callers, some, (id) => desk.record(gatewayId, [delivered(id)]).then(() => undefined));
    const inRequests = (some: readonly string[]) =>
      atOnce(4, chunks(some, gathered), async (each) => {
        await desk.record(gatewayId, each.map(delivered));
      });
    const send = () => {
      progress("messages");
      return sendAll(store, gatewayId, count);
    };
    const old = await send();
    await oneByOne(await send());
    const [first, second] = [await send(), await send()];
    const figures = [
      await measure(`${gathered} in a request`, count, () => inRequests(second)),
      await measure("one by one", count, () => oneByOne(first)),
      await measure("one by one, long after the message", count, () => oneByOne(old)),
      await measure("of nobody's messages, one by one, with their retries", count, async () => {
        const foreign = Array.from({ length: count }, () => randomUUID());
        for (const some of chunks(foreign, 1_000)) {
          await oneByOne(some);
          await retryAll(store, desk, clock);
        }
      }),
    ];
    const rows = figures.map(({ what, receipts, perSecond, processUs, databaseUs }) => [
      what,
      String(receipts),
      String(perSecond),
      fixed(processUs, 1),
      fixed(databaseUs, 1),
      fixed(processUs + databaseUs, 1),
      processUs + databaseUs <= target ? "yes" : "no",
    ]);
    const head = [
      "receipts, PostgreSQL",
      "receipts",
      "a second",
      "µs process",
      "µs database",
      "µs each",
      `${target} µs`,
    ];
    return { data: { target, figures }, text: table(head, rows) };
  } finally {
    await store.close();
  }
}

/** So many messages that a gateway has taken and named; their names. */
async function sendAll(store: Store, gatewayId: string, wanted: number): Promise<readonly string[]> {
  const ids = Array.from({ length: wanted }, () => randomUUID());
  await atOnce(callers, ids, async (messageId) => {
    const caller = new Caller(store);
    const input = caller.reserveInput("1");
    const reserved = await store.reserve(input);
    if (reserved.kind !== "reserved") throw new Error(`a send was answered ${reserved.kind}`);
    const attempt = { operation: "send-otp", gateway: "one", outcome: "accepted", durationMs: 1 } as const;
    await caller.settle(reserved, input.leaseToken, "accepted", {
      deliveries: [{ ...attempt, at: new Date(reserved.reservedAt).toISOString(), messageId }],
      messages: [{ gatewayId, messageId }],
    });
  });
  return ids;
}

/** As the worker does it, but that no time passes between two retries. */
async function retryAll(store: Store, desk: ReceiptDesk, clock: ManualClock): Promise<void> {
  for (const restMs of retriesAfterMs) {
    clock.advance(restMs);
    for (;;) {
      const entries = await store.queue.claimDue([receiptTopic], 16, 60_000);
      if (entries.length === 0) break;
      const done: number[] = [];
      await Promise.all(
        entries.map(async (entry) => {
          const fate = await desk.retry(entry);
          if (fate === "done") done.push(entry.id);
          else await store.queue.retryAt(entry.id, fate.againAt, entry.tries);
        }),
      );
      if (done.length > 0) await store.queue.finish(done);
    }
  }
}

const delivered = (messageId: string): MessageReceipt => ({ messageId, status: "delivered" });

function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size));
}

async function atOnce<T>(callersAtOnce: number, all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const left = all.values();
  await Promise.all(
    Array.from({ length: callersAtOnce }, async () => {
      for (const one of left) await work(one);
    }),
  );
}
