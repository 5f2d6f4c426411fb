/** GET /readyz: it takes requests, and its store answers. */
import type { GetRoute } from "../lib/get-route.ts";
import { okReply, unavailableReply } from "../lib/reply.ts";
import type { OperationsParts } from "./parts.ts";

export const readyz: GetRoute<OperationsParts> = {
  path: "/readyz",
  async answer({ store, isDraining }) {
    if (isDraining()) return unavailableReply();
    await store.ping();
    return okReply({ status: "ready" });
  },
};
