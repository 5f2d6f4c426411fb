/** A proxy that breaks requests and replies as networks do, each in a way that looks like any other to the client. */
import {
  type Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  Agent as KeepAliveAgent,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { resetSocket } from "../test-support/reset.ts";

export const faults = {
  "reset before the server has it": "lost",
  "503 of the proxy": "lost",
  "reply lost, connection reset": "done",
  "half of the reply": "done",
  "reply stalls": "done",
  "request arrives after the client gave up": "done",
  "request repeated by the proxy": "done",
} as const;

export type Fault = keyof typeof faults;

export interface FaultProxy {
  readonly url: string;
  /** How often each fault was put in. */
  readonly counts: Record<string, number>;
  /** Resolves when nothing is on its way to the server any more. */
  idle(): Promise<void>;
  close(): void;
}

/** `choose` says which fault the n-th request (from 0) of a call gets. */
export async function startFaultProxy(
  upstream: string,
  choose: (attempt: number) => Fault | undefined,
): Promise<FaultProxy> {
  const counts: Record<string, number> = {};
  const attempts = new Map<string, number>();
  const agent = new KeepAliveAgent({ keepAlive: true });
  const underWay = new Set<Promise<unknown>>();
  const server = createServer(async (incoming, response) => {
    const body = await readAll(incoming).catch(() => undefined);
    // The client gave up before the proxy had the whole of it.
    if (body === undefined) return;
    const key = `${incoming.url} ${incoming.headers["idempotency-key"]}`;
    const attempt = attempts.get(key) ?? 0;
    attempts.set(key, attempt + 1);
    const fault = choose(attempt);
    if (fault !== undefined) counts[fault] = (counts[fault] ?? 0) + 1;
    const forward = () => send(upstream, incoming, body, agent);
    const befalling = befall(fault, incoming, response, forward).catch(() => incoming.socket.destroy());
    underWay.add(befalling);
    await befalling;
    underWay.delete(befalling);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    async idle() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
    close() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
}

async function befall(
  fault: Fault | undefined,
  incoming: IncomingMessage,
  response: ServerResponse,
  forward: () => Promise<Whole>,
): Promise<void> {
  switch (fault) {
    case "reset before the server has it":
      resetSocket(incoming.socket);
      return;
    case "503 of the proxy":
      response.writeHead(503, { "content-type": "text/html" }).end("<h1>503</h1>");
      return;
    case "reply lost, connection reset":
      await forward();
      resetSocket(incoming.socket);
      return;
    case "half of the reply": {
      const { status, headers, body } = await forward();
      response.writeHead(status, { ...headers, "content-length": String(body.length) });
      response.write(body.slice(0, body.length / 2), () => incoming.socket.destroy());
      return;
    }
    case "reply stalls": {
      const { status, headers, body } = await forward();
      response.writeHead(status, { ...headers, "content-length": String(body.length) });
      response.write(body.slice(0, 10));
      return;
    }
    case "request arrives after the client gave up":
      if (!response.closed) await new Promise((resolve) => response.once("close", resolve));
      await forward();
      return;
    case "request repeated by the proxy": {
      const [, { status, headers, body }] = await Promise.all([forward(), forward()]);
      response.writeHead(status, headers).end(body);
      return;
    }
    default: {
      const { status, headers, body } = await forward();
      response.writeHead(status, headers).end(body);
    }
  }
}

interface Whole {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

function send(upstream: string, incoming: IncomingMessage, body: string, agent: Agent): Promise<Whole> {
  const { connection: _connection, host: _host, ...headers } = incoming.headers;
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      `${upstream}${incoming.url}`,
      { method: incoming.method, headers, agent },
      async (reply) => {
        const kept = ["content-type", "retry-after", "x-should-retry", "x-request-id", "idempotency-replayed"];
        const passed = Object.fromEntries(
          kept.flatMap((name) => (typeof reply.headers[name] === "string" ? [[name, reply.headers[name]]] : [])),
        );
        resolve({ status: reply.statusCode ?? 0, headers: passed, body: await readAll(reply) });
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

async function readAll(stream: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of stream.setEncoding("utf8")) text += chunk;
  return text;
}
