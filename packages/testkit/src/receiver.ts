/** A receiver for the `http` gateway: keeps every message that it is sent. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface ReceivedMessage {
  readonly id: string;
  readonly to: string;
  readonly text: string;
  readonly sender?: string;
  readonly serviceId: string;
  readonly verificationId: string;
}

export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly messages: ReceivedMessage[];
  /** The codes that were sent to this recipient, oldest first. */
  codes(to: string): string[];
}

export async function startReceiver(): Promise<Receiver> {
  const messages: ReceivedMessage[] = [];
  const byRecipient = new Map<string, string[]>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const message = JSON.parse(Buffer.concat(chunks).toString()) as ReceivedMessage;
    messages.push(message);
    const code = /\d{4,10}/.exec(message.text)?.[0] ?? "";
    byRecipient.set(message.to, [...(byRecipient.get(message.to) ?? []), code]);
    response.writeHead(204).end();
  });
  // Its client ends idle connections: so no request is sent on one that is just being closed.
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    messages,
    codes: (to) => byRecipient.get(to) ?? [],
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
