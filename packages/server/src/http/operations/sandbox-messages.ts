/** GET /sandbox/messages: what the sandbox keeps, newest first, of one recipient if `to` names it. */
import type { GetRoute } from "../lib/get-route.ts";
import { okReply } from "../lib/reply.ts";
import type { OperationsParts } from "./parts.ts";

export const sandboxMessages: GetRoute<OperationsParts> = {
  path: "/sandbox/messages",
  async answer({ sandbox }, { query }) {
    // A plus that was not encoded arrives as a space.
    const to = String(query.to ?? "").replace(/^ /, "+");
    return okReply({ messages: await sandbox.list(to || undefined) });
  },
};
