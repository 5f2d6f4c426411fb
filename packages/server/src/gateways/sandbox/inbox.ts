/** The sandbox's messages: the newest thousand of the installation, in memory only. */

export interface SandboxMessage {
  readonly id: string;
  readonly to: string;
  readonly text: string;
  readonly serviceId: string;
  /** ISO 8601. */
  readonly createdAt: string;
}

/** Where the sandbox keeps its messages: in this process, or in the one that supervises it. */
export interface Inbox {
  /** Once it is done, every reader sees the message. */
  add(message: SandboxMessage): Promise<void> | void;
  /** Newest first. */
  list(to?: string): Promise<SandboxMessage[]> | SandboxMessage[];
}

export const sandboxCapacity = 1_000;

/** The messages themselves. */
export class SandboxInbox implements Inbox {
  readonly #ring: SandboxMessage[] = [];
  #next = 0;

  add(message: SandboxMessage): void {
    this.#ring[this.#next] = message;
    this.#next = (this.#next + 1) % sandboxCapacity;
  }

  list(to?: string): SandboxMessage[] {
    const newestFirst = [...this.#ring.slice(0, this.#next).reverse(), ...this.#ring.slice(this.#next).reverse()];
    return to === undefined ? newestFirst : newestFirst.filter((message) => message.to === to);
  }
}
