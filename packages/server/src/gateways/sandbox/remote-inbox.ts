/** The sandbox's messages of a worker: the supervisor holds them, so that every worker answers the same. */
import type { Inbox, SandboxMessage } from "./inbox.ts";

/** Asks the supervisor; rejects if it is gone. */
export interface InboxChannel {
  add(messages: readonly SandboxMessage[]): Promise<unknown>;
  list(to: string | undefined): Promise<SandboxMessage[]>;
}

/** Messages that come while others are on their way go together: one call for many sends. */
export class RemoteInbox implements Inbox {
  readonly #channel: InboxChannel;
  #waiting: { message: SandboxMessage; done: () => void; failed: (fault: unknown) => void }[] = [];
  #busy = false;

  constructor(channel: InboxChannel) {
    this.#channel = channel;
  }

  add(message: SandboxMessage): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ message, done, failed });
      if (this.#busy) return;
      this.#busy = true;
      setImmediate(() => void this.#flush());
    });
  }

  list(to?: string): Promise<SandboxMessage[]> {
    return this.#channel.list(to);
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#channel.add(batch.map(({ message }) => message));
        for (const { done } of batch) done();
      } catch (fault) {
        for (const { failed } of batch) failed(fault);
      }
    }
    this.#busy = false;
  }
}
