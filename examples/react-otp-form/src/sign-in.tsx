import { normalizeOtp } from "@antryk/sdk";
import { type FormEvent, useCallback, useRef, useState } from "react";
import { type Answer, clock, post, words } from "./api.ts";
import { useCodeFromMessage, useCountdown } from "./hooks.ts";

/** As the service is set: `--code-length`. */
const codeLength = 6;

export function SignIn() {
  const [step, setStep] = useState<"number" | "code" | "done">("number");
  const [number, setNumber] = useState("+");
  const [answer, setAnswer] = useState<Answer>({});
  const go = useCallback((next: typeof step, why: Answer = {}) => {
    setAnswer(why);
    setStep(next);
  }, []);

  if (step === "number") return <NumberForm number={number} answer={answer} onNumber={setNumber} go={go} />;
  if (step === "code") return <CodeForm number={number} resendInMs={answer.retryAfterMs ?? 0} go={go} />;
  return (
    <section>
      <h1>Signed in</h1>
      <p>Welcome. We have checked {number}.</p>
    </section>
  );
}

/** Typed, pasted or filled in, with the digits of any keyboard. No `maxLength`: it would cut a pasted `482-915` off. */
const onlyDigits = (text: string) =>
  normalizeOtp(text)
    .replace(/[^0-9]/g, "")
    .slice(0, codeLength);

type Go = (next: "number" | "code" | "done", why?: Answer) => void;

function NumberForm({
  number,
  answer,
  onNumber,
  go,
}: {
  number: string;
  answer: Answer;
  onNumber(to: string): void;
  go: Go;
}) {
  const [busy, setBusy] = useState(false);
  const attempt = useRef({ to: "", id: "" });

  async function submit(event: FormEvent) {
    event.preventDefault();
    const to = normalizeOtp(number.replaceAll("＋", "+")).replace(/[()]/g, "");
    // The same id as long as it is the same wish: pressed again after a broken connection, it sends no second message.
    if (attempt.current.to !== to) attempt.current = { to, id: crypto.randomUUID() };
    setBusy(true);
    const sent = await post("send", { to }, { "idempotency-key": attempt.current.id });
    setBusy(false);
    onNumber(to);
    go(sent.error ? "number" : "code", sent);
  }

  return (
    <form onSubmit={submit}>
      <h1>Sign in</h1>
      <p id="hint">We send you a code by SMS.</p>
      <label htmlFor="number">Phone number</label>
      <input
        id="number"
        type="tel"
        autoComplete="tel"
        required
        {...described(answer)}
        value={number}
        onChange={(event) => onNumber(event.target.value)}
      />
      <Problem answer={answer} />
      <button type="submit" disabled={busy}>
        Send code
      </button>
    </form>
  );
}

function CodeForm({ number, resendInMs, go }: { number: string; resendInMs: number; go: Go }) {
  const [code, setCode] = useState("");
  const [answer, setAnswer] = useState<Answer>({});
  const [busy, setBusy] = useState(false);
  const [wait, restart] = useCountdown(resendInMs);
  const input = useRef<HTMLInputElement>(null);

  const check = useCallback(
    async (typed: string) => {
      const otp = normalizeOtp(typed);
      setCode(otp);
      setBusy(true);
      const checked = await post("verify", { otp });
      setBusy(false);
      if (!checked.error) go("done");
      // Locked, expired or used: this code can't be right any more, and the way on is another one.
      else if (
        checked.attemptsRemaining === 0 ||
        /^(rate_limited|otp_expired|otp_not_found|ask_.*)$/.test(checked.error)
      )
        go("number", checked);
      else {
        setAnswer(checked);
        input.current?.select();
      }
    },
    [go],
  );
  useCodeFromMessage(check);

  function submit(event: FormEvent) {
    event.preventDefault();
    void check(code);
  }

  async function again() {
    const sent = await post("resend");
    setAnswer(sent.error ? sent : {});
    restart(sent.retryAfterMs ?? 0);
  }

  return (
    <form onSubmit={submit}>
      <h1>Enter the code</h1>
      <p id="hint">
        {codeLength} digits, sent to <strong>{number}</strong>
      </p>
      <label htmlFor="code">Code</label>
      <input
        ref={input}
        id="code"
        inputMode="numeric"
        autoComplete="one-time-code"
        required
        pattern={`\\d{${codeLength}}`}
        {...described(answer)}
        value={code}
        onChange={(event) => setCode(onlyDigits(event.target.value))}
      />
      <Problem answer={answer} />
      <button type="submit" disabled={busy}>
        Sign in
      </button>
      <button type="button" className="quiet" disabled={wait > 0} onClick={again}>
        {wait > 0 ? `Send again in ${clock(wait * 1000)}` : "Send again"}
      </button>
      <button type="button" className="quiet" onClick={() => go("number")}>
        Use another number
      </button>
    </form>
  );
}

const described = ({ error }: Answer) => ({
  autoFocus: true,
  "aria-describedby": "hint problem",
  "aria-invalid": error !== undefined,
});

/** Always there, so that a screen reader says what is put into it. */
const Problem = ({ answer }: { answer: Answer }) => (
  <p id="problem" role="alert">
    {words(answer)}
  </p>
);
