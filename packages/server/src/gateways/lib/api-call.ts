/**
 * One call of a gateway's HTTP API. The gateway's file reads the body's per-message result; what is the same everywhere
 * is here: what a reply means if its body does not say, what a broken transport means, and that no text of a reply gets
 * into `detail`.
 */
import { request } from "undici";
import type { Failed, FailureClass, ProviderContext, SendResult } from "../port.ts";
import { classifyStatus, classifyTransportFault, parseRetryAfterMs, readBounded } from "./http-client.ts";

/** A POST. */
export interface ApiCall {
  readonly url: string | URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Its `content-type` is among the headers. */
  readonly body: string;
}

/** What came back. */
export interface ApiReply {
  readonly status: number;
  /** The body as JSON; `undefined` if it is none. */
  readonly json: unknown;
  readonly retryAfter: string | string[] | undefined;
}

/** Documented error codes of a gateway. */
export type ErrorTable = Readonly<Record<string, FailureClass>>;

/** A call with a JSON body; `undefined` members are left out. */
export function jsonCall(url: string | URL, headers: Readonly<Record<string, string>>, body: object): ApiCall {
  return { url, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
}

/** A call with a form as its body; `undefined` fields are left out. */
export function formCall(
  url: string | URL,
  headers: Readonly<Record<string, string>>,
  fields: Readonly<Record<string, string | undefined>>,
): ApiCall {
  const given = Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined);
  return {
    url,
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    body: new URLSearchParams(given).toString(),
  };
}

/** The value of an `Authorization` header. */
export function basicAuth(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/**
 * Calls and has the reply read. If `interpret` finds no answer of its gateway, a 2xx is of unknown outcome (something
 * else answered), and any other reply is what its status says. Never rejects.
 */
export async function callApi(
  call: ApiCall,
  { dispatcher }: Pick<ProviderContext, "dispatcher">,
  signal: AbortSignal,
  interpret: (reply: ApiReply) => SendResult | undefined,
): Promise<SendResult> {
  try {
    const { url, headers, body } = call;
    const answer = await request(url, { method: "POST", headers, body, dispatcher, signal });
    const taken = answer.statusCode >= 200 && answer.statusCode < 300;
    const text = await readBounded(answer.body).catch((fault: unknown) => {
      if (taken) throw fault;
      return "";
    });
    const reply: ApiReply = {
      status: answer.statusCode,
      json: parseJson(text),
      retryAfter: answer.headers["retry-after"],
    };
    // Whoever answers 504 does not know what became of the message, whatever its body says.
    const result = reply.status === 504 ? undefined : interpret(reply);
    if (result) return result;
    return taken ? unclear(reply) : classifyStatus(reply.status, reply.retryAfter);
  } catch (fault) {
    return classifyTransportFault(fault);
  }
}

/** A 2xx that does not say what became of the message. */
export function unclear(reply: ApiReply, code?: string): Failed {
  return {
    outcome: "failed",
    class: "unknown",
    ambiguous: true,
    detail: `${describe(reply, code)} without an answer of the gateway`,
  };
}

/** The message was definitely not taken. */
export function refused(reply: ApiReply, failure: FailureClass, code?: string): Failed {
  const retryAfterMs = parseRetryAfterMs(reply.retryAfter);
  return {
    outcome: "failed",
    class: failure,
    ambiguous: false,
    detail: describe(reply, code),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/**
 * A refusal by the gateway's own code; one that is in no table, by its status. `undefined` if there is no code, or
 * beside a 2xx.
 */
export function refusedByCode(table: ErrorTable, code: string | undefined, reply: ApiReply): SendResult | undefined {
  if (code === undefined) return undefined;
  const failure = lookUp(table, code);
  if (failure) return refused(reply, failure, code);
  if (reply.status < 300) return undefined;
  return { ...classifyStatus(reply.status, reply.retryAfter), detail: describe(reply, code) } as Failed;
}

/** What a table says of this key; nothing of the prototype's. */
export function lookUp<Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** A code is shown only if it looks like one, so that no secret, number or text that a reply echoes gets into a log. */
function describe({ status }: ApiReply, code: string | undefined): string {
  const isShown = code !== undefined && /^([A-Z]{0,2}\d{1,6}|[A-Za-z][A-Za-z_-]{0,47})$/.test(code);
  return isShown ? `HTTP ${status} code ${code}` : `HTTP ${status}`;
}

/** JSON, or `undefined`. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The value at a path of what JSON held, whatever it held. */
export function valueAt(value: unknown, ...path: readonly (string | number)[]): unknown {
  let found = value;
  for (const step of path) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, step)) return undefined;
    found = (found as Record<string | number, unknown>)[step];
  }
  return found;
}

/**
 * A short text or a number at a path, as text. A whole number that JavaScript can't hold exactly is none: an id must
 * not be another's.
 */
export function textAt(value: unknown, ...path: readonly (string | number)[]): string | undefined {
  const found = valueAt(value, ...path);
  if (typeof found === "number")
    return Number.isInteger(found) && !Number.isSafeInteger(found) ? undefined : String(found);
  return typeof found === "string" && found !== "" && found.length <= 200 ? found : undefined;
}

/** A whole number ≥ 1 at a path, as a number or as text. */
export function countAt(value: unknown, ...path: readonly (string | number)[]): number | undefined {
  const text = textAt(value, ...path);
  return text !== undefined && /^[1-9]\d{0,3}$/.test(text) ? Number(text) : undefined;
}
