/** What the examples' tests share: the real server with a sandbox service, and a browser's cookies. */
import { AntrykClient } from "@antryk/sdk";
import { Installation } from "@antryk/testkit/process";

/** A real server on a new folder. */
export class Antryk implements AsyncDisposable {
  readonly #installation = new Installation();
  baseUrl = "";
  operationsUrl = "";
  serviceId = "";
  client!: AntrykClient;
  /** What an app finds in its environment. */
  env: Record<string, string> = {};

  static async start(): Promise<Antryk> {
    const antryk = new Antryk();
    const { serviceId, accessKey, secretKey } = await antryk.#installation.caller();
    const { baseUrl, operationsUrl } = await antryk.#installation.serve();
    antryk.env = {
      ANTRYK_BASE_URL: baseUrl,
      ANTRYK_ACCESS_KEY: accessKey,
      ANTRYK_SECRET_KEY: secretKey,
      ANTRYK_SERVICE_ID: serviceId,
    };
    const client = new AntrykClient({ baseUrl, accessKey, secretKey });
    return Object.assign(antryk, { baseUrl, operationsUrl, serviceId, client });
  }

  /** Texts sent to a number, newest first. */
  async texts(to: string): Promise<string[]> {
    const reply = await fetch(`${this.operationsUrl}/sandbox/messages?to=${encodeURIComponent(to)}`);
    const { messages } = (await reply.json()) as { messages: { text: string }[] };
    return messages.map(({ text }) => text);
  }

  /** The code in the newest message to a number. */
  async lastCode(to: string): Promise<string> {
    const code = /^\d+/.exec((await this.texts(to))[0] ?? "")?.[0];
    if (!code) throw new Error(`no code was sent to ${to}`);
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#installation[Symbol.asyncDispose]();
  }
}

/** A code of the same length that is not the right one. */
export const wrong = (code: string): string => code.replace(/.$/, (digit) => String((Number(digit) + 1) % 10));

let numbers = 0;
/** A number that no other test uses. */
export const freshNumber = (): string => `+9198765${String(10_000 + numbers++)}`;

export type Handle = (request: Request) => Promise<Response>;

/** Keeps cookies as a browser does, and speaks JSON. */
export class Browser {
  readonly cookies = new Map<string, string>();
  readonly #handle: Handle;

  constructor(handle: Handle) {
    this.#handle = handle;
  }

  /** The same cookies in another browser, as somebody has who planted or stole them. */
  copy(): Browser {
    const other = new Browser(this.#handle);
    for (const [name, value] of this.cookies) other.cookies.set(name, value);
    return other;
  }

  async get(path: string) {
    return this.#send(path, { method: "GET" });
  }

  async post(path: string, body: unknown = {}, headers: Record<string, string> = {}) {
    const json = { "content-type": "application/json", ...headers };
    return this.#send(path, { method: "POST", headers: json, body: JSON.stringify(body) });
  }

  async #send(path: string, init: RequestInit & { headers?: Record<string, string> }) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const request = new Request(new URL(path, "http://127.0.0.1"), { ...init, headers: { ...init.headers, cookie } });
    const response = await this.#handle(request);
    for (const line of response.headers.getSetCookie()) {
      const [pair = "", ...attributes] = line.split(/; */);
      const [name = "", value = ""] = pair.split(/=(.*)/s);
      const ended = attributes.some(
        (each) => /^max-age=0$/i.test(each) || (/^expires=/i.test(each) && Date.parse(each.slice(8)) < Date.now()),
      );
      if (ended) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
    return { status: response.status, headers: response.headers, body };
  }
}

/** Sends a request to a server that listens on this machine. */
export const overHttp =
  (baseUrl: string): Handle =>
  (request) => {
    const { pathname, search } = new URL(request.url);
    return fetch(new Request(new URL(pathname + search, baseUrl), request));
  };
