/** Servers on real sockets that answer as a test says, and clients that speak to them. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { AntrykClient } from "../client.ts";
import { type ErrorType, errorRows } from "../generated/error-rows.ts";
import type { ClientOptions } from "../options.ts";
import { resetSocket } from "./reset.ts";

export const to = "+919876543210";
export const serviceId = "5f0c8f0e-4f3b-4c62-9d5a-0d6b1d0f3a11";
export const accessKey = "ak_test_0001";
export const secretKey = "sk_test_do_not_leak_0001";

/** Answers one request. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface ScriptedServer {
  readonly url: string;
  /** What arrived, in order, with the time of its arrival (ms). */
  readonly requests: {
    readonly headers: IncomingMessage["headers"];
    readonly body: string;
    readonly at: number;
    readonly socket: Socket;
  }[];
  close(): void;
}

/** Answers the n-th request with the n-th answer; the last one repeats. */
export async function scripted(t: TestContext, ...answers: Answer[]): Promise<ScriptedServer> {
  const requests: ScriptedServer["requests"] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      const answer = answers[Math.min(requests.length, answers.length - 1)];
      requests.push({ headers: request.headers, body, at: performance.now(), socket: request.socket });
      answer?.(request, response);
    });
    request.on("error", () => {});
  });
  const url = await listen(t, server);
  return { url, requests, close: () => server.closeAllConnections() };
}

/** A server below HTTP: gives each connection to the test. */
export async function tcp(
  t: TestContext,
  onConnection: (socket: Socket, number: number) => void,
): Promise<{ url: string; connections: () => number }> {
  let count = 0;
  const server = createTcpServer((socket) => {
    socket.on("error", () => {});
    t.after(() => socket.destroy());
    onConnection(socket, ++count);
  });
  return { url: await listen(t, server), connections: () => count };
}

async function listen(t: TestContext, server: Server & { closeAllConnections?(): void }): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections?.();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A URL where nothing listens: a privileged port without a service, and none that `fetch` refuses by its number. */
export const closedUrl = "http://127.0.0.1:2";

export const sentBody = {
  success: true,
  message: "Otp Sent Successfully!",
  data: { to, serviceId, status: "pending" },
};

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return (_request, response) => {
    response
      .writeHead(status, { "content-type": "application/json", "x-request-id": "req-1", ...headers })
      .end(JSON.stringify(body));
  };
}

export const sent: Answer = json(200, sentBody);

export function failed(type: ErrorType, headers: Record<string, string> = {}): Answer {
  const { status } = errorRows[type];
  return json(status, { success: false, errors: [{ message: "Words", code: status, type }] }, headers);
}

/** Takes the request and never answers. */
export const stall: Answer = () => {};
/** Takes the request and resets the connection. */
export const reset: Answer = (request) => resetSocket(request.socket);
/** Says how long the body is, sends the half of it and closes. */
export const halfBody: Answer = (_request, response) => {
  const body = JSON.stringify(sentBody);
  response.writeHead(200, { "content-type": "application/json", "content-length": String(body.length) });
  response.write(body.slice(0, body.length / 2), () => response.destroy());
};
/** Sends the half of the body and then nothing. */
export const stalledBody: Answer = (_request, response) => {
  response.writeHead(200, { "content-type": "application/json" });
  response.write('{"success":');
};

/** The package's own transport on Node, and the one for everything else. */
export const transports: readonly { readonly name: string; readonly options: Pick<ClientOptions, "fetch"> }[] = [
  { name: "node:http", options: {} },
  { name: "fetch", options: { fetch: (url, init) => fetch(url, init) } },
];

export function client(url: string, options: ClientOptions = {}): AntrykClient {
  return new AntrykClient({ baseUrl: url, accessKey, secretKey, logLevel: "off", ...options });
}

/** The error that a promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<Record<string, unknown> & Error> {
  try {
    await promise;
  } catch (error) {
    return error as Record<string, unknown> & Error;
  }
  throw new Error("it did not reject");
}
