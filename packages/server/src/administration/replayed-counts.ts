/** What limits would have counted of messages that are replayed: by the store's own rules, in memory. */
import type { LimitName } from "@antryk/contract";
import type { SharedLimit } from "../model/limits.ts";
import { counterOf } from "../store/rules/calls/shared.ts";
import { type Counter, counted, emptyCounter, roomIn } from "../store/rules/counters.ts";
import { roomInShared } from "../store/rules/shared-limits.ts";

export class ReplayedCounts {
  readonly #accountId: string;
  readonly #counters = new Map<string, Counter>();

  constructor(accountId: string) {
    this.#accountId = accountId;
  }

  /** Counts a message in all of them, or names the limit that refuses it; then it counts in none. `now`: Unix ms. */
  take(charges: readonly SharedLimit[], now: number): LimitName | undefined {
    const refs = charges.map((charge) => counterOf(this.#accountId, charge));
    const { refusal, counted: takes } = roomInShared(charges, now, (index) => {
      const ref = refs[index];
      if (!ref) throw new Error("a limit was asked for that was not named");
      return roomIn([this.#counters.get(ref.text) ?? emptyCounter], ref, now, 0, 1);
    });
    if (refusal) return refusal.name;
    for (const { bucketAt, n, scope, windowMs, subject } of takes) {
      const ref =
        refs[
          charges.findIndex(
            (each) => each.scope === scope && each.subject === subject && each.limit.windowMs === windowMs,
          )
        ];
      if (!ref) continue;
      this.#counters.set(ref.text, counted(this.#counters.get(ref.text) ?? emptyCounter, bucketAt, n, windowMs, now));
    }
    return undefined;
  }
}
