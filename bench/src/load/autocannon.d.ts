/** The part of autocannon 9 that is used here; it brings no types. */
declare module "autocannon" {
  import type { EventEmitter } from "node:events";

  interface Request {
    readonly method: "POST";
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  }

  interface Client {
    setRequests(requests: Request[]): void;
  }

  interface Options {
    readonly url: string;
    readonly connections: number;
    /** Requests in all, shared evenly by the connections. */
    readonly amount: number;
    /** Requests per second of all connections together. */
    readonly overallRate?: number;
    /** Time limit of a request, s. */
    readonly timeout: number;
    /** How often it looks whether it is done, ms. */
    readonly sampleInt: number;
    readonly setupClient: (client: Client) => void;
    readonly verifyBody: (body: string) => boolean;
  }

  interface Result {
    readonly errors: number;
    readonly timeouts: number;
    readonly mismatches: number;
    readonly statusCodeStats: Readonly<Record<string, { readonly count: number }>>;
  }

  /** Emits `response` (client, status, bytes, ms), `reqError` (fault) and `reqMismatch` (body). */
  export default function autocannon(
    options: Options,
    done: (fault: Error | null, result: Result) => void,
  ): EventEmitter;
}
