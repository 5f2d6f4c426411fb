/**
 * Speaks through `node:http` and `node:https` with keep-alive agents: an eighth of the processor time of Node's
 * `fetch`. The modules come by `process.getBuiltinModule`, which no bundler follows, so that bundles for edge runtimes
 * stay whole.
 */
import type { Agent, AgentOptions, ClientRequest, IncomingMessage } from "node:http";
import type { Transport, WireReply, WireRequest } from "./types.ts";

type Http = typeof import("node:http");
type Https = typeof import("node:https");

/** A reply of this API is under 64 kB; more comes from something else and is not read into memory. */
const largestReplyBytes = 1_048_576;

/** What a connection that the server had already closed answers with. */
const staleCodes = ["ECONNRESET", "EPIPE"];

// One pool for the whole process: a client made per request, as serverless code does, still finds its connection open.
const agents: { [protocol: string]: Agent } = {};

/** With the proxies of the environment if Node is set to use them (`NODE_USE_ENV_PROXY=1`, from 22.21 and 24.5 on). */
function newAgent(lib: Http | Https, keepAlive: boolean): Agent {
  const { options } = lib.globalAgent as { options?: { proxyEnv?: NodeJS.ProcessEnv } };
  return new lib.Agent({ keepAlive, scheduling: "lifo", proxyEnv: options?.proxyEnv } as AgentOptions);
}

/** The transport on Node, or `undefined` if its modules cannot be had (Node before 20.16). */
export function nodeTransport(baseUrl: string): Transport | undefined {
  const { protocol, hostname, port } = new URL(baseUrl);
  const lib = process.getBuiltinModule?.(protocol === "https:" ? "node:https" : "node:http") as Http | undefined;
  if (lib === undefined) return undefined;
  agents[protocol] ??= newAgent(lib, true);
  const agent = agents[protocol];
  const target = { protocol, hostname: hostname.replace(/^\[|\]$/g, ""), port: port === "" ? undefined : Number(port) };

  return (wire: WireRequest) => {
    let request: ClientRequest | undefined;
    let settled = false;
    let cancel: (reason: Error) => void = () => {};
    const reply = new Promise<WireReply>((resolve, reject) => {
      const fail = (error: Error) => {
        settled = true;
        reject(error);
      };
      const start = (pooled: boolean) => {
        const path = wire.url.slice(wire.url.indexOf("/", protocol.length + 2));
        const current = lib.request({
          ...target,
          method: wire.method,
          path,
          headers: wire.headers,
          agent: pooled ? agent : newAgent(lib, false),
        });
        request = current;
        let answered = false;
        current.on("response", (response) => {
          answered = true;
          readReply(response, resolve, fail);
        });
        current.on("error", (error: NodeJS.ErrnoException) => {
          // The server closed an idle connection just as it was taken from the pool: nothing was lost, and a new one
          // shows whether the server is there.
          const stale =
            pooled && !settled && !answered && current.reusedSocket && staleCodes.includes(error.code ?? "");
          if (stale) start(false);
          else fail(error);
        });
        current.end(wire.body);
      };
      cancel = (reason) => {
        fail(reason);
        request?.destroy(reason);
      };
      start(true);
    });
    return { reply, cancel };
  };
}

function readReply(response: IncomingMessage, resolve: (reply: WireReply) => void, fail: (error: Error) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > largestReplyBytes) response.destroy(new Error(`the reply is larger than ${largestReplyBytes} bytes`));
  });
  response.on("error", fail);
  response.on("end", () => {
    const text = chunks.length === 1 ? String(chunks[0]) : Buffer.concat(chunks).toString();
    resolve({ status: response.statusCode ?? 0, headers: flatten(response), text });
  });
}

function flatten(response: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers[name] = typeof value === "string" ? value : value.join(", ");
  }
  return headers;
}
