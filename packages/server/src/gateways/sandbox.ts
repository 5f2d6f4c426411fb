/**
 * Keeps messages in memory for development: nothing is sent. Read them with `antryk inbox` or GET /sandbox/messages.
 */
import Type from "typebox";
import type { Provider } from "./port.ts";

export const provider: Provider = {
  id: "sandbox",
  name: "Sandbox",
  summary: "Keeps the last 1,000 messages in memory and sends nothing. For development on one machine.",
  config: Type.Object({}),
  fields: [],
  capabilities: { receipts: false, immediate: true },
  notes: [
    "It is what a service has until you give it another gateway. Its messages can be read on this machine " +
      "only: `antryk inbox`.",
  ],
  create: (_config, { sandbox, now }) => ({
    send({ id, to, text, serviceId }) {
      const added = sandbox.add({ id, to, text, serviceId, createdAt: new Date(now()).toISOString() });
      const accepted = { outcome: "accepted", messageId: id } as const;
      return added ? added.then(() => accepted) : accepted;
    },
  }),
};
