/** The time that a gateway gets for one message, ended by the test. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";

export interface EndedByTest {
  /** Aborts as `AbortSignal.timeout` does. */
  readonly signal: AbortSignal;
  end(): void;
  /** Ends it as soon as the head of a reply has been read by this process's client. */
  endWithinReply(): void;
}

export function endedByTest(): EndedByTest {
  const controller = new AbortController();
  const end = (): void =>
    controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
  return {
    signal: controller.signal,
    end,
    endWithinReply() {
      const headers = "undici:request:headers";
      const read = (): void => {
        unsubscribe(headers, read);
        // The client's caller gets the head first.
        setImmediate(end);
      };
      subscribe(headers, read);
    },
  };
}
