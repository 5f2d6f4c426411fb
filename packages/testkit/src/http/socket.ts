/** Bytes on a real socket, and the replies that come back: for what no HTTP client would send. */
import { connect, type Socket } from "node:net";
import type { TestReply } from "../service.ts";
import { hangMs } from "../until.ts";

/** Writes what it likes; the exchange ends when the server closes, or when `ended` resolves. */
export type Talk = (socket: Socket, received: () => string) => unknown;

/** Every reply that came until the server closed the connection. */
export async function exchange(baseUrl: string, talk: string | Buffer | Talk): Promise<TestReply[]> {
  return repliesIn(await bytesOf(baseUrl, talk));
}

/** The one reply that came. */
export async function exchangeOne(baseUrl: string, talk: string | Buffer | Talk): Promise<TestReply> {
  const [reply, ...others] = await exchange(baseUrl, talk);
  if (!reply || others.length > 0) throw new Error(`expected one reply, got ${others.length + (reply ? 1 : 0)}`);
  return reply;
}

function bytesOf(baseUrl: string, talk: string | Buffer | Talk): Promise<Buffer> {
  const { hostname, port } = new URL(baseUrl);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect({ host: hostname, port: Number(port) }, () => {
      if (typeof talk === "function") talk(socket, () => Buffer.concat(chunks).toString("latin1"));
      else socket.write(talk);
    });
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(Buffer.concat(chunks)));
    // A server that keeps the connection is told by what came until then; a slow one gets its time.
    socket.setTimeout(hangMs, () => socket.destroy());
  });
}

function repliesIn(bytes: Buffer): TestReply[] {
  const found: TestReply[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const headEnd = bytes.indexOf("\r\n\r\n", offset);
    if (headEnd < 0) throw new Error(`no whole reply in ${bytes.subarray(offset).toString("latin1")}`);
    const [statusLine = "", ...lines] = bytes.subarray(offset, headEnd).toString("latin1").split("\r\n");
    const headers = new Headers(
      lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]),
    );
    const status = Number(statusLine.split(" ")[1]);
    const end = headEnd + 4 + Number(headers.get("content-length") ?? 0);
    const text = bytes.subarray(headEnd + 4, end).toString("utf8");
    if (status !== 100) found.push({ status, headers, body: bodyOf(headers, text) });
    offset = end;
  }
  return found;
}

/** The text of a POST as it goes over the wire. `contentLength: null` leaves that header out. */
export function postText(
  path: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
  contentLength: number | null = Buffer.byteLength(body),
): string {
  const all = { host: "localhost", "content-type": "application/json", ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = contentLength === null ? "" : `content-length: ${contentLength}\r\n`;
  return `POST ${path} HTTP/1.1\r\n${lines.join("")}${length}\r\n${body}`;
}

/** JSON is parsed; other text is as it came. */
function bodyOf(headers: Headers, text: string): unknown {
  if (text === "") return undefined;
  return /json/.test(headers.get("content-type") ?? "") ? JSON.parse(text) : text;
}
