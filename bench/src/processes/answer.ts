/** The child's side of the questions that `child.ts` asks over the channel between the two processes. */

export interface Question {
  readonly id: number;
  readonly verb: string;
  readonly input: unknown;
}

export type Answer = { readonly id: number; readonly value: unknown } | { readonly id: number; readonly fault: string };

/** Answers questions with this verb. */
export function answer<Input, Value>(verb: string, work: (input: Input) => Value | Promise<Value>): void {
  process.on("message", (message: Question) => {
    if (message.verb !== verb) return;
    const send = (reply: Answer) => process.send?.(reply);
    Promise.resolve()
      .then(() => work(message.input as Input))
      .then((value) => send({ id: message.id, value }))
      .catch((fault: Error) => send({ id: message.id, fault: fault.stack ?? fault.message }));
  });
}
