/** What must still be done, over any engine. */
import { bucketOf } from "../model/recipient.ts";
import type { Call, Engine } from "./engine.ts";
import type { NewEntry, WorkQueue } from "./ports/queue.ts";
import { hash48 } from "./rules/kinds.ts";

export function queueOver(engine: Engine): { readonly queue: WorkQueue } {
  return { queue: { ...engine.queue, enqueue: (entries) => engine.run(enqueue(entries)) } };
}

function enqueue(entries: readonly NewEntry[]): Call<void> {
  const queue = entries.map((entry) => ({ ...entry, bucket: bucketOf(hash48(`${entry.topic} ${entry.subject}`)) }));
  return { rows: [], decide: () => ({ outcome: undefined, queue }) };
}
