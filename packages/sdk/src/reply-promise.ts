/** A reply's body, with the request's id beside it where `JSON.stringify`, spread and `console.log` do not see it. */
export type Reply<Body> = Body & {
  /** The server's `x-request-id`. Not enumerable. */
  readonly requestId: string | undefined;
};

/** What HTTP told about a call. */
export interface ResponseInfo {
  readonly status: number;
  /** Lower-case name to value. */
  readonly headers: Readonly<Record<string, string>>;
  readonly requestId: string | undefined;
  /** Requests made, the first included. */
  readonly attempts: number;
  /** The key that went with every attempt; `undefined` for a read. */
  readonly idempotencyKey: string | undefined;
  /** Whether the server answered from its memory of an earlier request with the same key. */
  readonly replayed: boolean;
}

/** A promise of the body; `withResponse()` gives what HTTP told as well. */
export interface ReplyPromise<Body> extends Promise<Reply<Body>> {
  /** The body as `result`, and status, headers, request id and number of attempts as `response`. */
  withResponse(): Promise<{ result: Reply<Body>; response: ResponseInfo }>;
}

/** Makes the promise that a method returns out of the one that a call gives. */
export function replyPromise<Body>(call: Promise<{ result: Reply<Body>; response: ResponseInfo }>): ReplyPromise<Body> {
  const body = call.then(({ result }) => result);
  return Object.assign(body, {
    withResponse() {
      // Whoever takes this way never looks at the other promise: its rejection is not an unhandled one.
      body.catch(() => {});
      return call;
    },
  });
}
