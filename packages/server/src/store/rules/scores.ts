/** What an increment makes of a gateway's counts. Pure. */
import { learning } from "@antryk/contract";
import { type Counts, faded } from "../../model/score.ts";

/** Faded, added to, and both counts scaled down where more messages would be remembered than are to be. */
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
