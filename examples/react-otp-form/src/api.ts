/** The routes of the app's own server. The browser speaks to it alone: the keys of Antryk stay there. */
export interface Answer {
  readonly error?: string;
  readonly attemptsRemaining?: number;
  /** Which limit refused. */
  readonly limit?: string;
  /** Until the same can be asked again. */
  readonly retryAfterMs?: number;
}

export async function post(
  path: "send" | "resend" | "verify",
  body: object = {},
  headers: Record<string, string> = {},
): Promise<Answer> {
  try {
    const init = {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    };
    const reply = await fetch(`/api/sign-in/${path}`, init);
    const answer = await reply.json();
    // Times are the server's, and so is what they are compared with: a phone's clock may be wrong.
    const now = Date.parse(reply.headers.get("date") ?? "") || Date.now();
    return answer.resendAt ? { retryAfterMs: Math.max(0, Date.parse(answer.resendAt) - now) } : answer;
  } catch {
    return { error: "offline" };
  }
}

/** 75,000 → `1:15`. */
export const clock = (ms: number): string =>
  `${Math.floor(ms / 60_000)}:${String(Math.ceil(ms / 1000) % 60).padStart(2, "0")}`;

/** What the form says about a refusal. */
export function words({ error = "", attemptsRemaining: left = 0, retryAfterMs = 0, limit }: Answer): string {
  const messages: Record<string, string> = {
    invalid_recipient: "That is not a number we can send to. Start with + and the country code.",
    recipient_blocked: "We can’t send messages to this number.",
    otp_invalid: "The code has only digits.",
    wrong_code:
      left > 0
        ? `That is not the code. ${left} ${left === 1 ? "try" : "tries"} left.`
        : "That was the last try. Ask for a new code.",
    otp_expired: "This code is no longer valid. Ask for a new one.",
    otp_not_found: "This code is no longer valid. Ask for a new one.",
    rate_limited:
      limit === "otp"
        ? "Too many wrong codes. Ask for a new code."
        : `Too many tries. Wait ${clock(retryAfterMs)}, then try again.`,
    offline: "No connection. Try again.",
  };
  return error && (messages[error] ?? "Something went wrong on our side. Try again.");
}
