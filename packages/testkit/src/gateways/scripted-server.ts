/** A gateway of ours on a real socket: reads each request whole, then does to the socket what its script says. */
import { createServer, type Server, type Socket } from "node:net";

/** A request as it came over the wire; header names in lower case. */
export interface WireRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What happens to the socket once a request has been read. */
export type Script = (socket: Socket, request: WireRequest) => void;

/** Keeps every request that it read; ends with its sockets. */
export class ScriptedServer implements AsyncDisposable {
  readonly requests: WireRequest[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(script: Script) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket.on("error", () => undefined).on("close", () => this.#sockets.delete(socket)));
      let read: Buffer = Buffer.alloc(0);
      socket.on("data", (bytes) => {
        read = Buffer.concat([read, bytes]);
        const request = wholeRequest(read);
        if (!request) return;
        read = Buffer.alloc(0);
        this.requests.push(request);
        script(socket, request);
      });
    });
  }

  /** Resolves once it listens. */
  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return this;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** Without a slash at its end. */
  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("not listening");
    return `http://127.0.0.1:${address.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function wholeRequest(read: Buffer): WireRequest | undefined {
  const end = read.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [first = "", ...lines] = read.subarray(0, end).toString("latin1").split("\r\n");
  const [method = "", path = ""] = first.split(" ");
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );
  if (headers["transfer-encoding"]) throw new Error("the scripted server reads bodies of a known length only");
  const body = read.subarray(end + 4);
  return body.length < Number(headers["content-length"] ?? 0) ? undefined : { method, path, headers, body };
}

/** Answers each request with this reply. */
export function reply(status: number, body: string | object, headers: Readonly<Record<string, string>> = {}): Script {
  return (socket) => socket.write(encodeReply(status, body, headers));
}

/** Half of this reply's body, then the end of the connection. */
export function halfReply(status: number, body: string | object): Script {
  return (socket) => {
    const whole = encodeReply(status, body, {});
    const head = whole.indexOf("\r\n\r\n") + 4;
    socket.end(whole.subarray(0, head + Math.max(1, (whole.length - head) >> 1)));
  };
}

/** A reply whose body does not end before its reader hangs up. `written` says how much was taken. */
export function endlessReply(status: number, written: { bytes: number }): Script {
  return (socket) => {
    const chunk = `8000\r\n${" ".repeat(0x8000)}\r\n`;
    const pump = (): void => {
      while (!socket.destroyed && written.bytes < 256 * 1024 * 1024) {
        written.bytes += chunk.length;
        if (!socket.write(chunk)) return;
      }
    };
    socket.on("drain", pump);
    socket.write(`HTTP/1.1 ${status} Scripted\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`);
    pump();
  };
}

function encodeReply(status: number, body: string | object, headers: Readonly<Record<string, string>>): Buffer {
  const bytes = Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  const all: Record<string, string> = {
    "content-type": typeof body === "string" ? "text/html" : "application/json",
    "content-length": String(bytes.length),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} Scripted\r\n${lines.join("")}\r\n`), bytes]);
}
