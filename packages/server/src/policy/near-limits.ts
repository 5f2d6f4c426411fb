/** When a limit that many recipients share is nearly used, and what an operator is told then. No I/O. */
import { nearLimitShare } from "@antryk/contract";
import type { SharedLimit } from "../model/limits.ts";
import { formatLimits } from "./limit-notation.ts";

export function isNear({ limit }: SharedLimit, used: number): boolean {
  return used >= limit.count * nearLimitShare;
}

/** How far it is used, and how it is raised. */
export function nearText({ scope, subject, limit }: SharedLimit, used: number): string {
  const flag = scope === "account" ? "--limit" : `--${scope}-limit`;
  const noun = scope === "account" ? "account" : "service";
  const [id = ""] = subject.split(" ");
  const of = `${scope} ${subject}: ${used} of ${formatLimits([limit])} are used`;
  return `${of}; to raise it: antryk ${noun} update ${id} ${flag} …`;
}
