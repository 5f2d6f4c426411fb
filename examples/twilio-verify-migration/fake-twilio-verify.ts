/**
 * The two calls of Twilio Verify that `before.ts` makes, as far as it looks at them, so that it can run without
 * Twilio.
 */
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import twilio from "twilio";
import type RequestClient from "twilio/lib/base/RequestClient.js";

interface Pending {
  readonly code: string;
  wrong: number;
}

export async function startFakeTwilioVerify() {
  const pending = new Map<string, Pending>();
  const codes = new Map<string, string>();

  function answer(path: string, form: URLSearchParams): [number, object] {
    const to = form.get("To") ?? "";
    const refuse = (status: number, code: number): [number, object] => [
      status,
      { status, code, message: "refused", more_info: "" },
    ];
    if (path.endsWith("/Verifications")) {
      if (!/^\+[1-9]\d{6,14}$/.test(to)) return refuse(400, 60200);
      const current = pending.get(to) ?? { code: String(randomInt(1e6)).padStart(6, "0"), wrong: 0 };
      pending.set(to, current);
      codes.set(to, current.code);
      return [201, { to, channel: "sms", status: "pending", valid: false }];
    }
    const current = pending.get(to);
    if (!current) return refuse(404, 20404);
    if (current.wrong >= 5) return refuse(429, 60202);
    const valid = form.get("Code") === current.code;
    if (valid) pending.delete(to);
    else current.wrong += 1;
    return [200, { to, status: valid ? "approved" : "pending", valid }];
  }

  const server = createServer(async (request, response) => {
    const [status, body] = answer(request.url ?? "", new URLSearchParams(await text(request)));
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  /** Twilio's own client, which connects to this server instead. */
  class LocalRequests extends twilio.RequestClient {
    override request<Data>(options: RequestClient.RequestOptions<Data>) {
      return super.request<Data>({ ...options, uri: baseUrl + new URL(options.uri).pathname });
    }
  }
  const client = twilio("AC00000000000000000000000000000000", "a token", {
    httpClient: new LocalRequests({ keepAlive: false }),
  });
  return { client, lastCode: async (to: string) => codes.get(to) ?? "", close: () => server.close() };
}
