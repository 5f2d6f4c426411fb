/** What a message comes from: which sender goes, and what it may be. */
import type { OutgoingMessage, SenderManner } from "../port.ts";

/** The header of India's DLT ids, else what was named for this message, else the gateway's own. */
export function senderOf<Own extends string | undefined>({ dlt, sender }: OutgoingMessage, own: Own): string | Own {
  return dlt?.header ?? sender ?? own;
}

/**
 * What a sender is by its form: a number, with its plus or without; a short code; or a name, at most 11 characters of
 * the GSM alphabet (3GPP TS 23.040 §9.1.2.5). `undefined`: none of them.
 */
export function senderKind(sender: string): "number" | "short code" | "name" | undefined {
  if (/^\+[1-9]\d{6,14}$/.test(sender) || /^\d{9,20}$/.test(sender)) return "number";
  if (/^\d{3,8}$/.test(sender)) return "short code";
  return /^(?=.*[A-Za-z])[A-Za-z0-9 !"#$%&'()*+./:;<=>?@_-]{1,11}$/.test(sender) ? "name" : undefined;
}

interface SenderRules {
  /** A long number needs its plus. */
  readonly needsPlus?: boolean;
  /** What the gateway takes beside numbers and names. */
  readonly ids?: { readonly pattern: RegExp; readonly what: string };
  readonly problem?: SenderManner["problem"];
}

/** A sender that a phone can show: a number, a short code or a name. */
export function phoneSender(setting: string, { needsPlus = false, ids, problem }: SenderRules = {}): SenderManner {
  const number = needsPlus ? "a number with its +, such as +14155550100" : "a number such as +14155550100";
  const known = [number, "a short code of 3 to 8 digits", ...(ids ? [ids.what] : [])];
  return {
    setting,
    problem(sender, settings) {
      if (ids?.pattern.test(sender)) return undefined;
      const kind = senderKind(sender);
      if (kind === undefined || (kind === "number" && needsPlus && !sender.startsWith("+")))
        return `it takes ${known.join(", ")}, or a name of 1 to 11 letters and digits`;
      return problem?.(sender, settings);
    },
  };
}

/** For gateways that take a number without its plus. */
export function withoutPlus(sender: string): string {
  return sender.replace(/^\+(?=\d+$)/, "");
}
