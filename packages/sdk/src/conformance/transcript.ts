/** Records what a server did, with what differs from run to run taken out, so that two servers can be compared. */
import assert from "node:assert/strict";
import { ApiError } from "../errors.ts";
import type { ReplyPromise } from "../reply-promise.ts";

/** One step: what was asked, and the server's answer. */
export interface Step {
  readonly what: string;
  readonly outcome: string;
  readonly details: unknown;
}

export class Transcript {
  readonly steps: Step[] = [];
  readonly #names: ReadonlyMap<string, string>;

  /** `names` maps what is particular to this run (a number, a service) to a name. */
  constructor(names: ReadonlyMap<string, string>) {
    this.#names = names;
  }

  /**
   * Awaits a call and compares its outcome: `200 pending`, `200 wrong`, `429 rate_limited`. Returns the body or the
   * error's fields.
   */
  async see(what: string, expected: string, call: ReplyPromise<unknown>): Promise<Record<string, unknown>> {
    try {
      const { result, response } = await call.withResponse();
      const data = (result as unknown as { data: { status: string; valid?: boolean } }).data;
      const answer = data.valid === false ? "wrong" : data.status;
      const outcome = `${response.status} ${answer}${response.replayed ? " replayed" : ""}`;
      this.#note(what, expected, outcome, result);
      return data;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { requestId, ...fields } = error.toJSON();
      assert.ok(requestId, `${what}: x-request-id is missing`);
      this.#note(what, expected, `${error.status} ${error.type}`, { ...fields, name: undefined });
      return fields;
    }
  }

  /** The same for a request that no client makes. */
  async seeRaw(
    what: string,
    expected: string,
    reply: Promise<{ status: number; headers: Headers; body: string }>,
  ): Promise<void> {
    const { status, headers, body } = await reply;
    const parsed = JSON.parse(body) as { errors?: { type?: string }[]; data?: { status?: string } };
    assert.ok(headers.get("x-request-id"), `${what}: x-request-id is missing`);
    const said = Object.fromEntries(comparedHeaders.map((name) => [name, headers.get(name)]));
    this.#note(what, expected, `${status} ${parsed.errors?.[0]?.type ?? parsed.data?.status}`, { said, parsed });
  }

  #note(what: string, expected: string, outcome: string, details: unknown): void {
    assert.equal(outcome, expected, what);
    this.steps.push({ what, outcome, details: this.#normal(details) });
  }

  #normal(value: unknown, name = ""): unknown {
    if (typeof value === "string") return this.#normalText(value);
    if (typeof value === "number" && /^(expiresIn|retryAfter(Ms)?)$/.test(name))
      return `about ${roughly(name.endsWith("Ms") ? value / 1000 : value)} s`;
    if (Array.isArray(value)) return value.map((entry) => this.#normal(entry));
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).filter(([key, entry]) => entry !== undefined && !particular.includes(key));
    return Object.fromEntries(
      entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, entry]) => [key, this.#normal(entry, key)]),
    );
  }

  #normalText(text: string): string {
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    if (/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/.test(text)) return "a UUID v7";
    if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text)) return "a time";
    return text
      .replace(/(?<=;t=)\d+/, (seconds) => String(roughly(Number(seconds))))
      .replace(/^\d+$/, (seconds) => String(roughly(Number(seconds))));
  }
}

/** What a server may name as it likes. */
const particular = ["gateway", "messageId", "durationMs", "decisionId"];

const comparedHeaders = ["allow", "retry-after", "ratelimit", "ratelimit-policy", "x-should-retry"];

/**
 * Times that servers name, seconds: a resend's cooldown, a code's life, windows of limits, what brings a wrong code
 * back.
 */
const named = [1, 13, 30, 300, 900, 5_760, 86_400];

/** What is left of a time as the whole of it: two servers do not answer in the same second, and one may be slow. */
function roughly(seconds: number): number {
  return named.find((whole) => seconds <= whole) ?? Number.POSITIVE_INFINITY;
}
