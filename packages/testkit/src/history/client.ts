/** Sends one request and records it. */
import { Agent, request } from "undici";
import type { Answer, Operation, Subject, Verb } from "./history.ts";
import type { Moments } from "./moments.ts";

export interface Credentials {
  readonly accessKey: string;
  readonly secretKey: string;
}

/** A server that runs, or is down for the moment. */
export interface Target {
  readonly name: number;
  baseUrl: string | undefined;
}

/** Of the client; behind the server's own limits. */
const patienceMs = 20_000;
/** A connection was never made: the request is not one of the history. */
const neverSent = new Set(["ECONNREFUSED", "UND_ERR_CONNECT_TIMEOUT"]);

export interface Asked {
  readonly verb: Verb;
  readonly to: string;
  readonly serviceId: string;
  readonly otp?: string;
  readonly key?: string;
}

export class Client {
  readonly #credentials: Credentials;
  readonly #moments: Moments;
  readonly #agent = new Agent({ connections: 512, pipelining: 1, keepAliveTimeout: 4_000 });
  #count = 0;

  constructor(credentials: Credentials, moments: Moments) {
    this.#credentials = credentials;
    this.#moments = moments;
  }

  /** `undefined`: the server was not there. */
  async ask(
    subject: Subject,
    target: Target,
    { verb, to, serviceId, otp, key }: Asked,
  ): Promise<Operation | undefined> {
    if (target.baseUrl === undefined) return undefined;
    this.#count += 1;
    const asked = {
      id: this.#count,
      verb,
      server: target.name,
      ...(otp === undefined ? {} : { otp }),
      ...(key === undefined ? {} : { key }),
    };
    const wallStart = this.#moments.wall();
    const start = this.#moments.now();
    let reply: Answer | undefined;
    try {
      reply = await this.#post(target.baseUrl, `${verb}-otp`, { to, serviceId, otp }, key);
    } catch (fault) {
      if (neverSent.has(String((fault as NodeJS.ErrnoException).code))) return undefined;
    }
    const operation: Operation = {
      ...asked,
      start,
      end: this.#moments.now(),
      wall: [wallStart, this.#moments.wall()],
      ...(reply ? { reply } : {}),
    };
    subject.operations.push(operation);
    return operation;
  }

  async #post(baseUrl: string, path: string, body: object, key: string | undefined): Promise<Answer> {
    const { accessKey, secretKey } = this.#credentials;
    const reply = await request(`${baseUrl}/api/v1/sms/${path}`, {
      method: "POST",
      dispatcher: this.#agent,
      headersTimeout: patienceMs,
      bodyTimeout: patienceMs,
      headers: {
        "content-type": "application/json",
        "x-access-key": accessKey,
        "x-secret-key": secretKey,
        ...(key === undefined ? {} : { "idempotency-key": key }),
      },
      body: JSON.stringify(body),
    });
    return answerOf(reply.statusCode, reply.headers, await reply.body.text());
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

function answerOf(status: number, headers: Readonly<Record<string, unknown>>, text: string): Answer {
  const { data, errors } = JSON.parse(text) as {
    data?: { verificationId?: string; valid?: boolean; attemptsRemaining?: number; expiresAt?: string };
    errors?: { type?: string }[];
  };
  const given = {
    type: errors?.[0]?.type,
    limit: /^"([^"]+)"/.exec(String(headers["ratelimit-policy"] ?? ""))?.[1],
    verificationId: data?.verificationId,
    valid: data?.valid,
    attemptsRemaining: data?.attemptsRemaining,
    expiresAt: data?.expiresAt === undefined ? undefined : Date.parse(data.expiresAt),
  };
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return {
    status,
    text,
    retry: headers["x-should-retry"] !== "false",
    replayed: headers["idempotency-replayed"] === "true",
    ...known,
  };
}
