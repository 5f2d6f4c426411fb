/** One HTTP request, ready to be written. */
export interface WireRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** One whole HTTP reply. */
export interface WireReply {
  readonly status: number;
  /** Lower-case name to value. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** A request under way. */
export interface Exchange {
  /** Settles once the body is whole; rejects with what went wrong or with the reason of `cancel`. */
  readonly reply: Promise<WireReply>;
  /** Ends it at once, the connection included. Does nothing after `reply` has settled. */
  cancel(reason: Error): void;
}

/** Starts one request. Never follows redirects: the credentials stay with the configured host. */
export type Transport = (request: WireRequest) => Exchange;

/** What is used of `fetch`. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>;

/** What `fetch` is given. */
export interface FetchInit {
  method: string;
  headers: Record<string, string>;
  body?: string;
  redirect: "manual";
  signal: PlatformAbortSignal;
}

/** What is used of a `Response`. */
export interface FetchResponse {
  readonly status: number;
  readonly headers: { forEach(callback: (value: string, name: string) => void): void };
  text(): Promise<string>;
}

/** The platform's own type, if one is declared. */
export type PlatformAbortSignal = typeof globalThis extends { AbortSignal: { prototype: infer Signal } }
  ? Signal
  : AbortSignalLike;

/** What is used of `AbortSignal`. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}
