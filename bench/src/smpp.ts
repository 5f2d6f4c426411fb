/**
 * Messages a second from the delivery room, without HTTP, through the `smpp` gateway to an SMSC in another process, on loopback.
 *
 *   node bench/src/smpp.ts [--rate 5000] [--seconds 10] [--window 100]
 *
 * First as many as it can, then at the given rate, which is what the figure asks for: what it cost, and how long a message took.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { deliver } from "../../packages/server/src/delivery/deliver.ts";
import { createDispatcher } from "../../packages/server/src/providers/http-client.ts";
import { SandboxInbox } from "../../packages/server/src/providers/sandbox-inbox.ts";
import { provider } from "../../packages/server/src/providers/smpp.ts";

const { values } = parseArgs({
  options: {
    rate: { type: "string", default: "5000" },
    seconds: { type: "string", default: "10" },
    window: { type: "string", default: "100" },
  },
});
const [rate, seconds] = [Number(values.rate), Number(values.seconds)];

const smsc = fork(new URL("./smpp-smsc.ts", import.meta.url), { execArgv: ["--disable-warning=ExperimentalWarning"] });
process.once("exit", () => smsc.kill("SIGKILL"));
const [port] = (await once(smsc, "message")) as [number];
const gateway = provider.create(
  { url: `smpp://127.0.0.1:${port}`, systemId: "bench", password: "bench", from: "Acme", window: values.window },
  { dispatcher: createDispatcher(), sandbox: new SandboxInbox(), now: Date.now, onReceipts: async () => undefined },
);

let sent = 0;
let refused = 0;
const latencies: number[] = [];

async function one(): Promise<void> {
  sent += 1;
  const id = `msg_${sent}`;
  const to = `+9198${String(sent).padStart(8, "0")}`;
  const text = `${String(sent % 1_000_000).padStart(6, "0")} is your Acme code. It expires in 5 min. Do not share it with anyone.`;
  const startedAt = performance.now();
  const outcome = await deliver(
    { id, to, text, serviceId: "bench", verificationId: id },
    { gateways: [{ name: "smpp", gateway }], failoverOnTimeout: false },
    { operation: "send-otp", budgetMs: 8_000, now: Date.now, onFailure: () => undefined },
  );
  latencies.push(performance.now() - startedAt);
  if (outcome.kind !== "accepted") refused += 1;
}

async function measure(what: string, run: () => Promise<void>): Promise<void> {
  [sent, refused, latencies.length] = [0, 0, 0];
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  await run();
  const wall = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpuBefore);
  const sorted = latencies.toSorted((a, b) => a - b);
  const quantile = (q: number): string => (sorted[Math.floor((sorted.length - 1) * q)] ?? 0).toFixed(1);
  const perSecond = Math.round((sent / wall) * 1000);
  const cpu = ((user + system) / sent).toFixed(1);
  console.log(
    `${what}: ${sent} messages, ${refused} not accepted, ${perSecond} a second, ${cpu} µs CPU a message, p50 ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms`,
  );
}

/** So many at a time, one after the other. */
async function closed(callers: number, count: number): Promise<void> {
  let left = count;
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (left-- > 0) await one();
    }),
  );
}

/** Each at its own time, whatever became of those before. */
async function steady(): Promise<void> {
  const all: Promise<void>[] = [];
  const startedAt = performance.now();
  for (let due = 0; due < rate * seconds; await sleep(1)) {
    const now = Math.min(rate * seconds, Math.floor(((performance.now() - startedAt) / 1000) * rate));
    for (; due < now; due += 1) all.push(one());
  }
  await Promise.all(all);
}

await measure("warm-up", () => closed(200, 20_000));
await measure("as many as it can, 200 callers", () => closed(200, 20_000 + rate * 4));
await measure(`at ${rate} a second`, steady);
smsc.send("taken");
const [taken] = (await once(smsc, "message")) as [number];
console.log(`the SMSC took ${taken}`);
await gateway.close?.();
smsc.disconnect();
