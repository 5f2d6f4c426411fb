/**
 * Sends every character of the GSM alphabet through the server's Kannel provider: a template can't hold `{`, a phone
 * can.
 *
 *   node whole-alphabet.ts URL USERNAME PASSWORD NUMBER SMSC FILE
 *
 * Writes what it sent into FILE.
 */
import { writeFileSync } from "node:fs";
import { provider } from "../../packages/server/src/gateways/kannel.ts";
import { fitsGsm7 } from "../../packages/server/src/gateways/lib/gsm7.ts";
import { createDispatcher } from "../../packages/server/src/gateways/lib/http-client.ts";
import { SandboxInbox } from "../../packages/server/src/gateways/sandbox/inbox.ts";

const [url = "", username = "", password = "", to = "", smsc = "", file = ""] = process.argv.slice(2);
const text = Array.from({ length: 0xffff }, (_, point) => String.fromCharCode(point))
  .filter(fitsGsm7)
  .join("");
const dispatcher = createDispatcher();
const gateway = provider.create(
  { url, username, password, from: "12345", smsc },
  { dispatcher, sandbox: new SandboxInbox(), now: Date.now },
);
const message = { id: "1", to, text: `[${text}]`, serviceId: "", verificationId: "" };
writeFileSync(file, message.text);
const result = await gateway.send(message, AbortSignal.timeout(60_000));
console.log(`${[...text].length} characters of the GSM alphabet in one text → ${JSON.stringify(result)}`);
await dispatcher.close();
process.exitCode = result.outcome === "accepted" ? 0 : 1;
