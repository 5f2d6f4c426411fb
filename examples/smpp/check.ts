/**
 * Sends through the `smpp` gateway to smsc.pl, and compares what it reports with what was sent. Ends with another
 * status than zero if something differed.
 *
 *   node check.ts
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { until } from "@antryk/testkit/until";
import { createDispatcher } from "../../packages/server/src/gateways/lib/http-client.ts";
import type { Gateway, OutgoingMessage, Receipt, SendResult } from "../../packages/server/src/gateways/port.ts";
import { SandboxInbox } from "../../packages/server/src/gateways/sandbox/inbox.ts";
import { provider } from "../../packages/server/src/gateways/smpp.ts";

/** A line of smsc.pl. */
interface Event {
  readonly event: string;
  readonly [what: string]: unknown;
}

const port = await freePort();
const password = randomBytes(4).toString("hex");
const events: Event[] = [];
const receipts: Receipt[] = [];
let smsc = startSmsc();

/** The whole GSM alphabet but for the escape, typed apart from the server's. */
const alphabet = [
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ",
  " !\"#¤%&'()*+,-./0123456789:;<=>?",
  "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§",
  "¿abcdefghijklmnopqrstuvwxyzäöñüà",
  "^{}\\[~]|€",
].join("");
const hindi = "482913 आपका Acme कोड है। इसे किसी को न बताएँ।";
const dlt = { entityId: "1201159123456789012", templateId: "1207161234567890123", header: "ACMEIN" };

function startSmsc(): ChildProcess {
  const child = spawn("perl", [`${import.meta.dirname}/smsc.pl`, String(port), password], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  process.once("exit", () => child.kill("SIGKILL"));
  createInterface({ input: child.stdout }).on("line", (line) => events.push(JSON.parse(line) as Event));
  return child;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  assert.ok(address && typeof address === "object");
  return address.port;
}

function connect(changes: Readonly<Record<string, string>> = {}): Gateway {
  const settings = {
    url: `smpp://127.0.0.1:${port}`,
    systemId: "antryk",
    password,
    from: "Acme",
    receiptIds: "decimal",
    ...changes,
  };
  return provider.create(settings, {
    dispatcher: createDispatcher(),
    sandbox: new SandboxInbox(),
    now: Date.now,
    onReceipts: async (some) => void receipts.push(...some),
  });
}

async function send(gateway: Gateway, text: string, changes: Partial<OutgoingMessage> = {}): Promise<SendResult> {
  const message = { id: "msg_1", to: "+919876543210", text, serviceId: "", verificationId: "", ...changes };
  return gateway.send(message, AbortSignal.timeout(60_000));
}

const bound = (times: number) =>
  until(() => events.filter(({ event, status }) => event === "bind" && status === 0).length === times, {
    what: `${times} binds`,
  });
const answered = (): Event[] => events.filter(({ event }) => event === "receipt answered");
const submits = (): Event[] => events.filter(({ event }) => event === "submit");

/** Sends, and holds what Perl says it read against what was sent. */
async function compare(
  what: string,
  gateway: Gateway,
  text: string,
  changes: Partial<OutgoingMessage> = {},
): Promise<void> {
  const before = submits().length;
  const result = await send(gateway, text, changes);
  assert.ok(result.outcome === "accepted", JSON.stringify(result));
  await until(() => submits().length === before + (result.segments ?? 1), { what: `the SMSC has ${what}` });
  const parts = submits().slice(before);
  assert.equal(parts.map((part) => part.text).join(""), text);
  assert.deepEqual(
    parts.map(({ index, total, reference }) => [index, total, reference]),
    parts.map((_, index) => [index + 1, parts.length, parts[0]?.reference]),
  );
  const delivered = () =>
    receipts.some(({ messageId, status }) => messageId === result.messageId && status === "delivered");
  await until(delivered, { what: "the receipt comes" });
  await until(() => answered().length === receipts.length, { what: "the receipt is answered" });
  const { from, fromTon, to, toTon, coding, validity, entity, template } = parts[0] as Event;
  const ids = entity ? `, DLT ${entity} ${template}` : "";
  console.log(
    `✔ ${what}: ${from} (TON ${fromTon}) → ${to} (TON ${toTon}), data_coding ${coding}, ` +
      `${parts.length} part(s), ${validity}${ids}`,
  );
  console.log(
    `  accepted as ${result.messageId}, receipt: delivered; ` +
      `Perl read ${JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)}`,
  );
}

await until(() => events.some(({ event }) => event === "listens"), { what: "the SMSC listens" });

const stranger = connect({ password: "not-it" });
console.log(`✔ a wrong password: ${JSON.stringify(await send(stranger, "x"))}`);
await stranger.close?.();

const gateway = connect();
await compare("English", gateway, "482913 is your Acme code. It expires in 5 min. Do not share it with anyone.");
await compare("the whole GSM alphabet", gateway, alphabet);
await compare("Devanagari", gateway, hindi);
await compare("Devanagari with DLT ids", gateway, hindi, { dlt });
await compare("a long English text", gateway, `482913 is your code. ${"It expires in 5 minutes [€]. ".repeat(12)}`);
await compare("a long Devanagari text with emoji", gateway, `${hindi} ${"🔐 ज़रूरत हो तो सहायता लें। ".repeat(6)}`);
const refused = await send(gateway, "x", { to: "+919876543000" });
assert.ok(refused.outcome === "failed" && refused.class === "invalid_recipient" && !refused.ambiguous);
console.log(`✔ a number that the SMSC refuses: ${JSON.stringify(refused)}`);

const lost = await send(gateway, "x", { to: "+919876543999" });
assert.ok(lost.outcome === "failed" && lost.ambiguous);
console.log(`✔ it hangs up instead of answering: ${JSON.stringify(lost)}`);
await bound(2);
await compare("bound again", gateway, "482913 after the cut");

smsc.kill("SIGKILL");
await once(smsc, "exit");
const refusal = async (): Promise<SendResult | undefined> => {
  const result = await send(gateway, "x");
  return result.outcome === "failed" && result.class === "unavailable" && !result.ambiguous ? result : undefined;
};
const down = await until(refusal, { what: "a send is refused" });
console.log(`✔ the SMSC is killed: ${JSON.stringify(down)}`);
smsc = startSmsc();
await bound(3);
await compare("it is back", gateway, "482913 after the kill");

await gateway.close?.();
await until(() => events.some(({ event }) => event === "unbind"), { what: "the gateway unbinds" });
console.log("✔ closed with unbind");

for (const concatenation of ["sar", "payload"]) {
  const other = connect({ concatenation });
  await compare(
    `a long text, ${concatenation}`,
    other,
    `482913 is your code. ${"It expires in 5 minutes [€]. ".repeat(12)}`,
  );
  await other.close?.();
}
assert.ok(answered().every(({ status }) => status === 0));
console.log(`✔ ${receipts.length} receipts reported, each answered with status 0`);
smsc.kill();
