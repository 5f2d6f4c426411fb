/** One hand-over: what each answer of a gateway becomes, and that it never outlives its budget. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Gateway, SendResult } from "../gateways/port.ts";
import { deliver } from "./deliver.ts";

const message = { id: "m", to: "+919876543210", text: "", serviceId: "s", verificationId: "v" };
const at = Date.UTC(2026, 0, 1);

async function deliverBy(send: Gateway["send"], budgetMs = 5_000) {
  const failures: string[] = [];
  let now = at;
  const outcome = await deliver(
    message,
    { gateways: [{ name: "gate", gateway: { send } }], failoverOnTimeout: false },
    {
      operation: "send-otp",
      budgetMs,
      now: () => {
        now += 7;
        return now - 7;
      },
      onFailure: (name, { class: reason }) => failures.push(`${name} ${reason}`),
    },
  );
  return { outcome, failures };
}

const failed = (ambiguous: boolean): SendResult => ({
  outcome: "failed",
  class: "unavailable",
  ambiguous,
  detail: "d",
});
const attempt = { at: new Date(at).toISOString(), operation: "send-otp", gateway: "gate", durationMs: 7 };

test("accepted, at once or later, with the gateway's id", async () => {
  const accepted: SendResult = { outcome: "accepted", messageId: "x" };
  for (const send of [() => accepted, async () => accepted]) {
    const { outcome, failures } = await deliverBy(send);
    assert.deepEqual(outcome, {
      kind: "accepted",
      attempts: [{ ...attempt, outcome: "accepted", messageId: "x" }],
      messages: [],
    });
    assert.deepEqual(failures, []);
  }
});

test("refused and unknown carry their reason and are logged", async () => {
  const refused = await deliverBy(async () => failed(false));
  assert.deepEqual(refused.outcome, {
    kind: "refused",
    class: "unavailable",
    attempts: [{ ...attempt, outcome: "refused", reason: "unavailable" }],
    messages: [],
  });
  const unknown = await deliverBy(async () => failed(true));
  assert.deepEqual(unknown.outcome, {
    kind: "unknown",
    attempts: [{ ...attempt, outcome: "unknown", reason: "unavailable" }],
    messages: [],
  });
  assert.deepEqual([...refused.failures, ...unknown.failures], ["gate unavailable", "gate unavailable"]);
});

test("a gateway that ignores its signal is left at the end of the budget: unknown", async () => {
  let signal: AbortSignal | undefined;
  const { outcome } = await deliverBy((_message, given) => {
    signal = given;
    return new Promise(() => undefined);
  }, 20);
  assert.equal(outcome.kind, "unknown");
  assert.equal(outcome.attempts[0]?.reason, "timeout");
  assert.equal(signal?.aborted, true);
});

test("a provider that breaks leaves the outcome unknown, whether it rejects or throws", async () => {
  const broken: Gateway["send"][] = [
    () => Promise.reject(new Error("bug")),
    () => {
      throw new Error("bug");
    },
  ];
  for (const send of broken) assert.equal((await deliverBy(send)).outcome.kind, "unknown");
});
