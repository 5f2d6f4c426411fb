/**
 * POSTs each message as JSON to a URL of the operator's, signed by Standard Webhooks
 * (github.com/standard-webhooks/standard-webhooks, spec 1.0.0, read 2026-11).
 *
 * Any 2xx is acceptance. 4xx and 5xx are refusals, except 504, whose sender does not know; a reply
 * `{"error":"invalid_recipient"}` or `{"error":"recipient_blocked"}` beside a 4xx refuses the number for good.
 */
import { createHmac, randomBytes } from "node:crypto";
import Type from "typebox";
import { request } from "undici";
import { classifyStatus, classifyTransportFault, readBounded } from "./lib/http-client.ts";
import type { OutgoingMessage, Provider, SendResult } from "./port.ts";

/** What the receiver gets. */
interface HttpMessage {
  readonly id: string;
  readonly to: string;
  readonly text: string;
  /** Only if the service or the route names one. */
  readonly sender?: string;
  readonly serviceId: string;
  readonly verificationId: string;
}

export const provider: Provider = {
  id: "http",
  name: "HTTP",
  summary: "POSTs each message as JSON to a URL of yours, signed by Standard Webhooks. For your own gateway.",
  config: Type.Object({
    url: Type.String({ pattern: "^https?://[^\\s/?#]" }),
    secret: Type.String({ pattern: "^whsec_[A-Za-z0-9+/]{32,}={0,2}$" }),
  }),
  fields: [
    {
      name: "url",
      label: "URL",
      help: "Where each message is POSTed.",
      secret: false,
      required: true,
      example: "https://sms.example.com/messages",
    },
    {
      name: "secret",
      label: "Signing secret",
      help: "whsec_… of Standard Webhooks; made for you if you give none.",
      secret: true,
      required: true,
      make: () => `whsec_${randomBytes(32).toString("base64")}`,
    },
  ],
  capabilities: { receipts: false, immediate: false },
  // What it may be is for the receiver to say.
  sender: { problem: () => undefined },
  reference: { url: "https://github.com/standard-webhooks/standard-webhooks", readOn: "2026-11" },
  notes: ["The signing secret is made for you if you give none, and shown once."],
  create: ({ url, secret }, { dispatcher, now }) => {
    const key = Buffer.from(String(secret).slice("whsec_".length), "base64");
    return {
      async send(message, signal): Promise<SendResult> {
        const body = encode(message);
        const timestamp = String(Math.floor(now() / 1000));
        const headers = {
          "content-type": "application/json",
          "webhook-id": message.id,
          "webhook-timestamp": timestamp,
          "webhook-signature": sign(key, message.id, timestamp, body),
        };
        try {
          const reply = await request(String(url), { method: "POST", headers, body, dispatcher, signal });
          const { statusCode: status, body: answer } = reply;
          if (!mayNameTheNumber(status)) {
            // The status has said it: a body that never ends must not turn it into a time-out.
            answer.dump().catch(() => undefined);
            return status >= 200 && status < 300
              ? { outcome: "accepted" }
              : classifyStatus(status, reply.headers["retry-after"]);
          }
          const refusal = refusalOf(await readBounded(answer).catch(() => ""));
          if (refusal) return { outcome: "failed", class: refusal, ambiguous: false, detail: `HTTP ${status}` };
          return classifyStatus(status, reply.headers["retry-after"]);
        } catch (fault) {
          return classifyTransportFault(fault);
        }
      },
    };
  },
};

/**
 * As the specification's symmetric scheme says; the `standardwebhooks` package, which tests compare with, hashes in
 * JavaScript.
 */
function sign(key: Buffer, id: string, timestamp: string, body: string): string {
  return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
}

function encode({ id, to, text, sender, serviceId, verificationId }: OutgoingMessage): string {
  const message: HttpMessage = { id, to, text, ...(sender === undefined ? {} : { sender }), serviceId, verificationId };
  return JSON.stringify(message);
}

/** Only a 4xx can refuse the number for good, and 429 speaks of the rate. */
function mayNameTheNumber(status: number): boolean {
  return status >= 400 && status < 500 && status !== 429;
}

function refusalOf(text: string): "invalid_recipient" | "blocked" | undefined {
  try {
    const error: unknown = (JSON.parse(text) as { error?: unknown } | null)?.error;
    if (error === "invalid_recipient") return "invalid_recipient";
    return error === "recipient_blocked" ? "blocked" : undefined;
  } catch {
    return undefined;
  }
}
