/**
 * Keeps messages in memory for development: nothing is sent. Read them with `antryk inbox` or GET /sandbox/messages.
 */

import type { SandboxNumber } from "@antryk/contract";
import Type from "typebox";
import type { Accepted, Failed, Provider } from "./port.ts";

export const provider: Provider = {
  id: "sandbox",
  name: "Sandbox",
  summary: "Keeps the last 1,000 messages in memory and sends nothing. For development on one machine.",
  config: Type.Object({}),
  fields: [],
  capabilities: { receipts: false, immediate: true, simulates: true },
  notes: [
    "It is what a service has until you give it another gateway. Its messages can be read on this machine " +
      "only: `antryk inbox`.",
    "For each error and each status of a receipt there is a number that causes it: " +
      "[the sandbox's numbers](../testing.md#numbers-of-the-sandbox).",
  ],
  create: (_config, { sandbox, now }) => ({
    send({ id, to, text, serviceId, simulation }) {
      const failed = simulation && failureOf(simulation);
      if (failed && !failed.ambiguous) return failed;
      const added = sandbox.add({ id, to, text, serviceId, createdAt: new Date(now()).toISOString() });
      const accepted: Accepted = {
        outcome: "accepted",
        messageId: id,
        ...(simulation?.receipt && { delivered: simulation.receipt }),
      };
      const result = failed ?? accepted;
      return added ? added.then(() => result) : result;
    },
  }),
};

const detail = "a sandbox number";
const refusals: Partial<Record<NonNullable<SandboxNumber["error"]>, Failed["class"]>> = {
  invalid_recipient: "invalid_recipient",
  recipient_blocked: "blocked",
  provider_unavailable: "unavailable",
};

/** Undefined: it takes the message. */
function failureOf({ operation, error, mayHaveBeenSent }: SandboxNumber): Failed | undefined {
  if (operation !== "send-otp" || error === undefined) return undefined;
  if (mayHaveBeenSent) return { outcome: "failed", class: "timeout", ambiguous: true, detail };
  const refusal = refusals[error];
  return refusal && { outcome: "failed", class: refusal, ambiguous: false, detail };
}
