/**
 * Messages a second from the delivery room, without HTTP, through the `smpp` gateway to an SMSC in another process.
 * First as many as it can, then at the rate that the figure asks for: what it cost, and how long a message took.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { deliver } from "../../../packages/server/src/delivery/deliver.ts";
import { createDispatcher } from "../../../packages/server/src/gateways/lib/http-client.ts";
import type { Gateway } from "../../../packages/server/src/gateways/port.ts";
import { SandboxInbox } from "../../../packages/server/src/gateways/sandbox/inbox.ts";
import { provider } from "../../../packages/server/src/gateways/smpp.ts";
import { startSmsc } from "../gateways/receivers.ts";
import { fixed, table } from "../report/table.ts";

/** The figure to reach, messages a second. */
const rate = 5_000;
const steadySeconds = 10;
/** PDUs that may be unanswered, and callers that send as many messages as they can. */
const window = "100";
const callers = 200;

/** One measurement. */
interface SmppFigures {
  readonly what: string;
  readonly messages: number;
  readonly notAccepted: number;
  readonly perSecond: number;
  /** Of this process alone, not the SMSC's. */
  readonly cpuMicroseconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export async function runSmpp(progress: (text: string) => void): Promise<{ data: object; text: string; lost: number }> {
  await using smsc = startSmsc();
  const url = await smsc.ask<string>("listen", { names: true });
  const dispatcher = createDispatcher();
  const gateway = provider.create(
    { url, systemId: "bench", password: "bench", from: "Acme", window },
    { dispatcher, sandbox: new SandboxInbox(), now: Date.now, onReceipts: async () => undefined },
  );
  const meter = new SmppMeter(gateway);
  progress("warm-up");
  await meter.measure("warm-up", () => meter.closed(20_000));
  progress("as many as it can");
  const most = await meter.measure(`as many as it can, ${callers} callers`, () => meter.closed(40_000));
  progress(`${rate} a second for ${steadySeconds} s`);
  const steady = await meter.measure(`at ${rate} a second`, () => meter.steady());
  const taken = await smsc.ask<number>("taken");
  await gateway.close?.();
  await dispatcher.close();
  const figures = [most, steady];
  const rows = figures.map((figure) => [
    figure.what,
    String(figure.messages),
    String(figure.notAccepted),
    String(figure.perSecond),
    fixed(figure.cpuMicroseconds, 1),
    fixed(figure.p50Ms, 1),
    fixed(figure.p99Ms, 1),
  ]);
  const head = [
    "SMPP, from the delivery room",
    "messages",
    "not accepted",
    "a second",
    "µs CPU each",
    "p50, ms",
    "p99, ms",
  ];
  const text = `${table(head, rows)}\n\nThe SMSC took ${taken} of ${meter.accepted} that were accepted.`;
  return {
    data: { figures, accepted: meter.accepted, taken },
    text,
    lost: Math.max(0, meter.accepted - taken) + most.notAccepted + steady.notAccepted,
  };
}

class SmppMeter {
  accepted = 0;
  readonly #gateway: Gateway;
  #sent = 0;
  #notAccepted = 0;
  readonly #latencies: number[] = [];

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  async measure(what: string, run: () => Promise<void>): Promise<SmppFigures> {
    [this.#sent, this.#notAccepted, this.#latencies.length] = [0, 0, 0];
    const cpuBefore = process.cpuUsage();
    const startedAt = performance.now();
    await run();
    const wall = performance.now() - startedAt;
    const { user, system } = process.cpuUsage(cpuBefore);
    const sorted = this.#latencies.toSorted((a, b) => a - b);
    const quantile = (q: number): number => sorted[Math.floor((sorted.length - 1) * q)] ?? 0;
    return {
      what,
      messages: this.#sent,
      notAccepted: this.#notAccepted,
      perSecond: Math.round((this.#sent / wall) * 1000),
      cpuMicroseconds: (user + system) / this.#sent,
      p50Ms: quantile(0.5),
      p99Ms: quantile(0.99),
    };
  }

  /** So many at a time, one after the other. */
  async closed(count: number): Promise<void> {
    let left = count;
    await Promise.all(
      Array.from({ length: callers }, async () => {
        while (left-- > 0) await this.#one();
      }),
    );
  }

  /** Each at its own time, whatever became of those before. */
  async steady(): Promise<void> {
    const all: Promise<void>[] = [];
    const startedAt = performance.now();
    for (let due = 0; due < rate * steadySeconds; await sleep(1)) {
      const now = Math.min(rate * steadySeconds, Math.floor(((performance.now() - startedAt) / 1000) * rate));
      for (; due < now; due += 1) all.push(this.#one());
    }
    await Promise.all(all);
  }

  async #one(): Promise<void> {
    this.#sent += 1;
    const number = this.#sent;
    const id = `msg_${number}`;
    const to = `+9198${String(number).padStart(8, "0")}`;
    const code = String(number % 1_000_000).padStart(6, "0");
    const text = `${code} is your Acme code. It expires in 5 min. Do not share it with anyone.`;
    const startedAt = performance.now();
    const outcome = await deliver(
      { id, to, text, serviceId: "bench", verificationId: id },
      { gateways: [{ name: "smpp", gateway: this.#gateway }], failoverOnTimeout: false },
      { operation: "send-otp", budgetMs: 8_000, now: Date.now, onFailure: () => undefined },
    );
    this.#latencies.push(performance.now() - startedAt);
    if (outcome.kind === "accepted") this.accepted += 1;
    else this.#notAccepted += 1;
  }
}
