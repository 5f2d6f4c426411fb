/** A gateway behind the `http` provider, on a real socket, that behaves as a test sets it. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ServiceChanges } from "../../server/src/administration/services.ts";
import { resetSocket } from "./net/reset.ts";

/** What came in, with its body as it was sent. */
export interface GatewayRequest {
  readonly headers: IncomingHttpHeaders;
  readonly raw: string;
  readonly message: { readonly id: string; readonly to: string; readonly text: string };
}

export type Behaviour = (response: ServerResponse) => unknown;

export interface TestGateway extends AsyncDisposable {
  readonly url: string;
  readonly secret: string;
  /** Settings of a service that sends through it. */
  readonly service: ServiceChanges;
  readonly requests: GatewayRequest[];
  /** For every request from now on. At first: 204. */
  behave(behaviour: Behaviour): void;
  /** The codes that came for this recipient, oldest first. */
  codes(to: string): string[];
  /** Resolves once this many requests have come. */
  arrived(count: number): Promise<void>;
}

export const replies =
  (status: number, body = "", headers: Record<string, string> = {}): Behaviour =>
  (response) =>
    response.writeHead(status, headers).end(body);

/** Reads the request and never answers. */
export const stalls: Behaviour = () => undefined;

export const resets: Behaviour = ({ socket }) => socket && resetSocket(socket);

/** Answers, but not before `release`. */
export function holds(answer: Behaviour = replies(204)): { readonly behaviour: Behaviour; release(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { behaviour: (response) => promise.then(() => answer(response)), release: resolve };
}

export async function startGateway(behaviour: Behaviour = replies(204)): Promise<TestGateway> {
  const requests: GatewayRequest[] = [];
  let behave = behaviour;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks).toString();
    requests.push({ headers: request.headers, raw, message: JSON.parse(raw) as GatewayRequest["message"] });
    server.emit("message");
    await behave(response);
  });
  // Its client ends idle connections: so no request is sent on one that is just being closed.
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/messages`;
  const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
  return {
    url,
    secret,
    service: { provider: "http", config: { url, secret } },
    requests,
    behave: (next) => {
      behave = next;
    },
    codes: (to) =>
      requests
        .filter(({ message }) => message.to === to)
        .map(({ message }) => /\d{4,10}/.exec(message.text)?.[0] ?? ""),
    async arrived(count) {
      while (requests.length < count) await new Promise((resolve) => server.once("message", resolve));
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
