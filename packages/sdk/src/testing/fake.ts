import type { Fetch, FetchInit, FetchResponse } from "../transport/types.ts";
import { errorReply, FakeEdge, type FakeReply, type FakeRequest } from "./edge.ts";
import { type FailOptions, type FakeFailure, type FakeOptions, fakeDefaults, retryableTypes } from "./settings.ts";
import { type FakeMessage, FakeState } from "./state.ts";

/** What an `AntrykClient` needs to speak to the fake. */
export interface FakeClientOptions {
  readonly baseUrl: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly fetch: Fetch;
}

/**
 * An Antryk server inside the process, for tests of your own code: the same states, limits, errors and headers, no
 * network, and a clock that stands still until you move it. It does not know which numbers can exist.
 *
 * ```ts
 * const fake = new FakeAntryk();
 * const client = new AntrykClient(fake.clientOptions);
 * await client.sms.sendOtp({ to: "+919876543210", serviceId: fake.serviceId });
 * fake.lastCode("+919876543210"); // "482915"
 * ```
 */
export class FakeAntryk {
  /** The first service. */
  readonly serviceId: string;
  /** Pass it to `new AntrykClient()`. */
  readonly clientOptions: FakeClientOptions;
  /** A `fetch` that the fake answers; usable without the client too. */
  readonly fetch: Fetch;
  readonly #options: FakeOptions;
  readonly #startedAt: number;
  #nowMs: number;
  #failures: { readonly type: FakeFailure; readonly options: FailOptions }[] = [];
  #state: FakeState;
  #edge: FakeEdge;
  #requests = 0;

  constructor(options: FakeOptions = {}) {
    this.#options = options;
    this.#startedAt = (options.now ?? new Date()).getTime();
    this.#nowMs = this.#startedAt;
    this.serviceId = this.#serviceIds()[0] ?? "";
    this.fetch = (url, init) => this.#fetch(url, init);
    this.clientOptions = { baseUrl: "https://antryk.test", accessKey: this.#accessKey(), secretKey: this.#secretKey(), fetch: this.fetch };
    this.#state = this.#newState();
    this.#edge = this.#newEdge();
  }

  /** Every message "sent", oldest first. */
  get messages(): readonly FakeMessage[] {
    return this.#state.messages;
  }

  /** How many requests came, those that were made to fail included. */
  get requestCount(): number {
    return this.#requests;
  }

  /** The code in the newest message to this number, or `undefined` where there is none. */
  lastCode(to: string): string | undefined {
    return this.#state.messages.findLast((message) => message.to === to)?.code;
  }

  /** The time that the fake goes by. */
  now(): Date {
    return new Date(this.#nowMs);
  }

  /** Moves the clock on, in milliseconds. */
  advance(ms: number): void {
    this.#nowMs += ms;
  }

  /** Sets the clock. */
  setTime(time: Date): void {
    this.#nowMs = time.getTime();
  }

  /**
   * Makes the next request, whatever it is, fail with this error and change nothing. `connection_error` breaks the
   * connection instead. Calls add up: the first one asked for comes first.
   */
  failNext(type: FakeFailure, options: FailOptions = {}): void {
    for (let count = options.times ?? 1; count > 0; count--) this.#failures.push({ type, options });
  }

  /** Forgets everything and sets the clock back to its start. */
  reset(): void {
    this.#nowMs = this.#startedAt;
    this.#failures = [];
    this.#requests = 0;
    this.#state = this.#newState();
    this.#edge = this.#newEdge();
  }

  /** Answers one request; header names are in lower case. For a test server of your own around the fake. */
  handle(request: FakeRequest): FakeReply {
    this.#requests += 1;
    const failure = this.#failures.shift();
    if (failure?.type === "connection_error") throw new TypeError("fetch failed", { cause: new Error("the fake broke the connection") });
    const answer = failure === undefined ? this.#edge.handle(request) : failedReply(failure.type, failure.options);
    const given = request.headers.get("x-request-id") ?? "";
    const requestId = /^[A-Za-z0-9._-]{1,128}$/.test(given) ? given : crypto.randomUUID();
    return { ...answer, headers: { "content-type": "application/json", ...answer.headers, "x-request-id": requestId } };
  }

  async #fetch(url: string, init: FetchInit): Promise<FetchResponse> {
    if (init.signal?.aborted) throw init.signal.reason;
    const headers = new Map(Object.entries(init.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
    const { pathname, search } = new URL(url);
    const answer = this.handle({ method: init.method, path: pathname + search, headers, body: init.body ?? "" });
    return new Response(answer.body, { status: answer.status, headers: answer.headers });
  }

  #serviceIds(): readonly string[] {
    return this.#options.serviceIds ?? ["5f0c8f0e-4f3b-4c62-9d5a-0d6b1d0f3a11"];
  }

  #accessKey(): string {
    return this.#options.accessKey ?? "fake-access-key";
  }

  #secretKey(): string {
    return this.#options.secretKey ?? "fake-secret-key";
  }

  #newState(): FakeState {
    const { codeLength, ttlSeconds, maxAttempts, recipientLimits } = fakeDefaults;
    const wrongCode = "valid_false" as const;
    return new FakeState({ codeLength, ttlSeconds, maxAttempts, wrongCode, recipientLimits, ...this.#options }, () => this.#nowMs);
  }

  #newEdge(): FakeEdge {
    const parts = { state: this.#state, accessKey: this.#accessKey(), secretKey: this.#secretKey(), serviceIds: this.#serviceIds() };
    return new FakeEdge({ ...parts, now: () => this.#nowMs });
  }
}

function failedReply(type: Exclude<FakeFailure, "connection_error">, options: FailOptions): FakeReply {
  const seconds = options.retryAfterSeconds ?? (retryableTypes.includes(type) ? 1 : undefined);
  return errorReply(seconds === undefined ? { refused: type } : { refused: type, retryAfterMs: seconds * 1000 }, options.param);
}
