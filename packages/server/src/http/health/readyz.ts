/** GET /readyz: it takes requests, and its store answers. */
import type { Store } from "../../store/port.ts";
import type { GetRoute } from "../lib/get-route.ts";
import { okReply, unavailableReply } from "../lib/reply.ts";

export interface HealthParts {
  readonly store: Store;
  /** The server will stop soon: it still serves, but balancers must send no more. */
  isLeaving(): boolean;
}

export const readyz: GetRoute<HealthParts> = {
  path: "/readyz",
  async answer({ store, isLeaving }) {
    if (isLeaving()) return unavailableReply();
    await store.ping();
    return okReply({ status: "ready" });
  },
};
