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

/** Limits by a key of the caller's own, such as `user=5/1h, 20/1d`; or a string that says what is wrong. */
export function parseNamedLimits(text: string): Readonly<Record<string, readonly WindowLimit[]>> | string {
  const at = text.indexOf("=");
  const name = text.slice(0, at).trim();
  if (at < 0 || !isLimitName(name))
    return `"${text}" is not a named limit: write NAME=N/W, such as user=5/1h; a name has 1 to ${bounds.named.nameLength} letters, digits, ".", "_" or "-"`;
  const limits = parseLimits(text.slice(at + 1));
  if (typeof limits === "string") return limits;
  return limits.length === 0 ? `"${text}" limits nothing: leave it out` : { [name]: limits };
}

export function formatNamedLimits(name: string, limits: readonly WindowLimit[]): string {
  return `${name}=${formatLimits(limits)}`;
}

/** Whether a key of the caller's own may have this name. */
export function isLimitName(name: string): boolean {
  return name.length <= bounds.named.nameLength && /^[A-Za-z0-9][\w.-]*$/.test(name);
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
