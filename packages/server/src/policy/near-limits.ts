/** When a limit that many recipients share is nearly used, and what an operator is told then. No I/O. */
import { nearLimitShare, type WindowLimit } from "@antryk/contract";
import type { SharedLimit } from "../model/limits.ts";
import { formatLimits } from "./limit-notation.ts";
import { formatBudgets, formatMicros } from "./money-notation.ts";

export function isNear({ limit }: SharedLimit, used: number): boolean {
  return used >= limit.count * nearLimitShare;
}

/** How far it is used, and how it is raised. */
export function nearText(accountId: string, { scope, subject, limit }: SharedLimit, used: number): string {
  if (scope === "budget") return nearBudgetText(accountId, subject, limit, used);
  const flag = scope === "account" ? "--limit" : `--${scope}-limit`;
  const noun = scope === "account" ? "account" : "service";
  const [id = ""] = subject.split(" ");
  const of = `${scope} ${subject}: ${used} of ${formatLimits([limit])} are used`;
  return `${of}; to raise it: antryk ${noun} update ${id} ${flag} …`;
}

function nearBudgetText(accountId: string, subject: string, limit: WindowLimit, used: number): string {
  const [id = "", country] = subject.split(" ");
  const noun = id === accountId ? "account" : "service";
  const flag = country === undefined ? "--budget " : `--country-budget ${country}=`;
  const spent = `${formatMicros(used)} of ${formatBudgets([limit])}`;
  return `budget of ${noun} ${subject}: ${spent} are spent; to raise it: antryk ${noun} update ${id} ${flag}…`;
}
