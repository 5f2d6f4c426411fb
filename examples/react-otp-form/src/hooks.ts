import { useEffect, useState } from "react";

/** Fills the code in from the message, in browsers that can. Elsewhere `autocomplete="one-time-code"` offers it. */
export function useCodeFromMessage(onCode: (code: string) => void): void {
  useEffect(() => {
    if (!("OTPCredential" in window)) return;
    const left = new AbortController();
    const wanted = { otp: { transport: ["sms"] }, signal: left.signal } as CredentialRequestOptions;
    navigator.credentials.get(wanted).then(
      (credential) => credential && "code" in credential && onCode(String(credential.code)),
      () => {}, // refused or aborted: the user types it
    );
    return () => left.abort();
  }, [onCode]);
}

/** Seconds that are left, and how to start anew. */
export function useCountdown(milliseconds: number): [number, (milliseconds: number) => void] {
  const [end, setEnd] = useState(() => Date.now() + milliseconds);
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (now >= end) return;
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, [now, end]);
  return [Math.max(0, Math.ceil((end - now) / 1000)), (next) => setEnd(Date.now() + next)];
}
