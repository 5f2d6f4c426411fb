/** What an increment makes of a gateway's counts. Pure. */
import { learning } from "@antryk/contract";
import { type Counts, faded } from "../../model/score.ts";

/** Both counts faded and added to; they are scaled down if there would be more than `remembered` messages. */
export function withIncrement(
  before: (Counts & { readonly at: number }) | undefined,
  { sent, verified }: Counts,
  now: number,
  remembered: number = learning.remembered,
): Counts & { readonly at: number } {
  const old = before ? faded(before, now) : { sent: 0, verified: 0 };
  const all = old.sent + sent;
  const scale = all > remembered ? remembered / all : 1;
  return { sent: all * scale, verified: (old.verified + verified) * scale, at: Math.max(now, before?.at ?? now) };
}
