/** Questions and answers between the supervisor and a worker, over the channel that Node keeps between them. */

type Message =
  | { readonly antryk: "ask"; readonly id: number; readonly verb: string; readonly input: unknown }
  | { readonly antryk: "answer"; readonly id: number; readonly value?: unknown; readonly fault?: string };

/** One end of Node's channel: `process` in a worker, the worker's handle in the supervisor. */
export interface End {
  send(message: object, sent: (fault: Error | null) => void): void;
  listen(receive: (message: unknown) => void): void;
}

export type Verbs = Readonly<Record<string, (input: never) => unknown>>;

const answerMs = 30_000;

export class Channel {
  readonly #end: End;
  readonly #waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (fault: Error) => void; timer: NodeJS.Timeout }
  >();
  #asked = 0;

  /** `verbs`: what this side answers. */
  constructor(end: End, verbs: Verbs) {
    this.#end = end;
    end.listen((message) => {
      if (!isOurs(message)) return;
      if (message.antryk === "answer") this.#take(message);
      else void this.#answer(message, verbs);
    });
  }

  /** Rejects if no answer comes in time. */
  ask<Value>(verb: string, input?: unknown, patienceMs = answerMs): Promise<Value> {
    return new Promise<Value>((resolve, reject) => {
      this.#asked += 1;
      const id = this.#asked;
      const timer = setTimeout(
        () => this.#fail(id, new Error(`no answer to ${verb} within ${patienceMs} ms`)),
        patienceMs,
      );
      timer.unref();
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject, timer });
      this.#post({ antryk: "ask", id, verb, input }, (fault) => this.#fail(id, fault));
    });
  }

  async #answer({ id, verb, input }: Extract<Message, { antryk: "ask" }>, verbs: Verbs): Promise<void> {
    try {
      const work = verbs[verb];
      if (!work) throw new Error(`there is no ${verb}`);
      const value = await work(input as never);
      this.#post({ antryk: "answer", id, value }, () => undefined);
    } catch (fault) {
      this.#post({ antryk: "answer", id, fault: (fault as Error).message }, () => undefined);
    }
  }

  #post(message: Message, failed: (fault: Error) => void): void {
    try {
      this.#end.send(message, (fault) => fault && failed(fault));
    } catch (fault) {
      failed(fault as Error);
    }
  }

  #take({ id, value, fault }: Extract<Message, { antryk: "answer" }>): void {
    if (fault !== undefined) this.#fail(id, new Error(fault));
    else this.#forget(id)?.resolve(value);
  }

  #fail(id: number, fault: Error): void {
    this.#forget(id)?.reject(fault);
  }

  #forget(id: number) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(waiting?.timer);
    return waiting;
  }
}

function isOurs(message: unknown): message is Message {
  return typeof message === "object" && message !== null && "antryk" in message;
}
