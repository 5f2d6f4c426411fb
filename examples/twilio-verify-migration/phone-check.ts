/** What the rest of the app knows of phone checks. The migration changes what is behind it, not who calls it. */
export interface PhoneCheck {
  start(to: string): Promise<Started>;
  check(to: string, code: string): Promise<Checked>;
}

export type Started = { result: "sent" } | { result: "invalid_number" } | { result: "wait"; retryAfterMs?: number };
export type Checked = "approved" | "wrong" | "none_pending" | "too_many_tries";
