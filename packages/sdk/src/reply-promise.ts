/** A reply's body, and the request's id. */
export type Reply<Body> = Body & {
  /** The server's `x-request-id`. Not enumerable. */
  readonly requestId: string | undefined;
};

/** The rest of a reply. */
export interface ResponseInfo {
  readonly status: number;
  /** Lower-case name to value. */
  readonly headers: Readonly<Record<string, string>>;
  readonly requestId: string | undefined;
  /** Requests made, the first included. */
  readonly attempts: number;
  /** `undefined` for a read. */
  readonly idempotencyKey: string | undefined;
  /** An earlier request with the same key had this reply. */
  readonly replayed: boolean;
}

/** A promise of the body. */
export interface ReplyPromise<Body> extends Promise<Reply<Body>> {
  withResponse(): Promise<{ result: Reply<Body>; response: ResponseInfo }>;
}

/** Makes the promise that a method returns from the one that a call returns. */
export function replyPromise<Body>(call: Promise<{ result: Reply<Body>; response: ResponseInfo }>): ReplyPromise<Body> {
  const body = call.then(({ result }) => result);
  return Object.assign(body, {
    withResponse() {
      // A caller that takes this way never looks at the other promise: its rejection is not an unhandled one.
      body.catch(() => {});
      return call;
    },
  });
}
