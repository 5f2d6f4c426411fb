/** How people write limits: `3/15m, 10/1d`, or `off`. */
import { bounds, type WindowLimit } from "@antryk/contract";

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof unitMs;
const maxWindowMs = 30 * unitMs.d;

/** The limits, or a string that says what is wrong. */
export function parseLimits(text: string, maxCount = 1_000_000_000): WindowLimit[] | string {
  if (text.trim() === "off") return [];
  const limits: WindowLimit[] = [];
  for (const part of text.split(",")) {
    const match = /^\s*(\d{1,10})\/(\d{1,6})([smhd])\s*$/.exec(part);
    if (!match) return `"${part.trim()}" is not a limit: write N/W with a unit s, m, h or d, such as 3/15m, or off`;
    const count = Number(match[1]);
    const windowMs = Number(match[2]) * unitMs[match[3] as Unit];
    if (count < 1 || count > maxCount) return `"${part.trim()}": the number is 1 to ${maxCount}`;
    if (windowMs < 1_000 || windowMs > maxWindowMs) return `"${part.trim()}": the time is 1s to 30d`;
    limits.push({ count, windowMs });
  }
  return limits;
}

/** A recipient's sends are kept one by one, so these have a smaller bound. */
export function parseRecipientLimits(text: string): WindowLimit[] | string {
  return parseLimits(text, bounds.recipientLimitCount);
}

export function formatLimits(limits: readonly WindowLimit[]): string {
  return limits.length === 0
    ? "off"
    : limits.map(({ count, windowMs }) => `${count}/${formatSpan(windowMs)}`).join(", ");
}

/** A span such as `30m` or `7d`, ms; `undefined`: it is none. */
export function parseSpan(text: string): number | undefined {
  const match = /^(\d{1,6})([smhd])$/.exec(text.trim());
  return match ? Number(match[1]) * unitMs[match[2] as Unit] : undefined;
}

function formatSpan(ms: number): string {
  const unit = (["d", "h", "m"] as const).find((each) => ms % unitMs[each] === 0) ?? "s";
  return `${ms / unitMs[unit]}${unit}`;
}
