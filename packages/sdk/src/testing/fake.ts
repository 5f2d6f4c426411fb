import { isErrorType } from "../error-type.ts";
import { errorRows } from "../generated/error-rows.ts";
import type { Fetch, FetchInit, FetchResponse } from "../transport/types.ts";
import { webCrypto } from "../web.ts";
import { fakeDefaults } from "./defaults.ts";
import { errorReply, FakeEdge, type FakeReply, type FakeRequest } from "./edge.ts";
import type { FailOptions, FakeFailure, FakeOptions } from "./settings.ts";
import { type FakeMessage, FakeState } from "./state.ts";

const optionNames =
  "serviceIds accessKey secretKey wrongCode codeLength ttlSeconds maxAttempts recipientLimits testNumbers now";

/** What an `AntrykClient` needs to speak to the fake. */
export interface FakeClientOptions {
  readonly baseUrl: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly fetch: Fetch;
}

/**
 * An Antryk server inside the process, for tests. Its clock stands still until you move it. It does not know which
 * numbers can exist.
 */
export class FakeAntryk {
  /** The first service. */
  readonly serviceId: string;
  /** Pass it to `new AntrykClient()`. */
  readonly clientOptions: FakeClientOptions;
  /** A `fetch` that the fake answers. */
  readonly fetch: Fetch;
  readonly #options: Required<FakeOptions>;
  #nowMs: number;
  #failures: { readonly type: FakeFailure; readonly options: FailOptions }[] = [];
  #requests = 0;
  #state: FakeState;
  #edge: FakeEdge;

  constructor(options: FakeOptions = {}) {
    refuseUnknown(options, optionNames);
    this.#options = { ...fakeDefaults, now: new Date(), ...options };
    const { serviceIds, accessKey, secretKey } = this.#options;
    this.serviceId = serviceIds[0] ?? "";
    this.fetch = (url, init) => this.#fetch(url, init);
    this.clientOptions = { baseUrl: "https://antryk.test", accessKey, secretKey, fetch: this.fetch };
    this.#nowMs = this.#options.now.getTime();
    [this.#state, this.#edge] = this.#fresh();
  }

  /** Oldest first. */
  get messages(): readonly FakeMessage[] {
    return this.#state.messages;
  }

  /** Requests so far, failed ones included. */
  get requestCount(): number {
    return this.#requests;
  }

  /** The code in the newest message to this number. */
  lastCode(to: string): string | undefined {
    return this.#state.messages.findLast((message) => message.to === to)?.code;
  }

  /** The fake's time. */
  now(): Date {
    return new Date(this.#nowMs);
  }

  /** Moves the clock on, in milliseconds. */
  advance(ms: number): void {
    this.setTime(new Date(this.#nowMs + ms));
  }

  /** Sets the clock. */
  setTime(time: Date): void {
    // With a clock that is no number nothing would ever expire, and no test would say why.
    if (!(time.getTime() > 0)) throw new TypeError("not a time");
    this.#nowMs = time.getTime();
  }

  /**
   * Makes the next request, whatever it is, fail with this error and change nothing. Calls add up.
   */
  failNext(type: FakeFailure, options: FailOptions = {}): void {
    refuseUnknown(options, "times retryAfterSeconds param mayHaveBeenSent limit reason");
    if (type !== "connection_error" && !isErrorType(type)) throw new TypeError(`no type ${type}`);
    for (let count = options.times ?? 1; count > 0; count--) this.#failures.push({ type, options });
  }

  /** Forgets everything and sets the clock back to its start. */
  reset(): void {
    this.#nowMs = this.#options.now.getTime();
    this.#failures = [];
    this.#requests = 0;
    [this.#state, this.#edge] = this.#fresh();
  }

  /** @internal Answers one request. Header names are in lower case. */
  handle(request: FakeRequest): FakeReply {
    this.#requests += 1;
    const failure = this.#failures.shift();
    if (failure?.type === "connection_error") throw new TypeError("the fake broke the connection");
    this.#state.losesAnswers = failure?.type === "provider_unavailable" && failure.options.mayHaveBeenSent === true;
    const answer =
      failure === undefined || this.#state.losesAnswers
        ? this.#edge.handle(request)
        : failedReply(failure.type, failure.options);
    const given = request.headers.get("x-request-id") ?? "";
    const requestId = /^[A-Za-z0-9._-]{1,128}$/.test(given) ? given : webCrypto().randomUUID();
    return { ...answer, headers: { "content-type": "application/json", ...answer.headers, "x-request-id": requestId } };
  }

  async #fetch(url: string, init: FetchInit): Promise<FetchResponse> {
    if (init.signal?.aborted) throw init.signal.reason;
    const headers = new Map(Object.entries(init.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
    const { pathname, search } = new URL(url);
    const answer = this.handle({ method: init.method, path: pathname + search, headers, body: init.body ?? "" });
    if (typeof Response === "function")
      return new Response(answer.body, { status: answer.status, headers: answer.headers });
    return { status: answer.status, headers: new Map(Object.entries(answer.headers)), text: async () => answer.body };
  }

  #fresh(): [FakeState, FakeEdge] {
    const now = () => this.#nowMs;
    const state = new FakeState(this.#options, now);
    return [state, new FakeEdge({ ...this.#options, state, now })];
  }
}

function failedReply(type: Exclude<FakeFailure, "connection_error">, options: FailOptions): FakeReply {
  const seconds = options.retryAfterSeconds ?? (errorRows[type].retryable ? 1 : undefined);
  const { param, limit, reason } = options;
  return errorReply(
    {
      refused: type,
      ...(seconds === undefined ? {} : { retryAfterMs: seconds * 1000 }),
      ...(type === "provider_unavailable" ? { mayHaveBeenSent: false } : {}),
      ...(limit === undefined ? {} : { limit: { name: limit, count: 1, windowMs: (seconds ?? 1) * 1000 } }),
      ...(reason === undefined ? {} : { reason }),
    },
    param,
  );
}

// A misspelt setting would leave the default in force, and a test that passes for the wrong reason.
function refuseUnknown(given: object, known: string): void {
  for (const name in given) if (!known.split(" ").includes(name)) throw new TypeError(`no option ${name}: ${known}`);
}
