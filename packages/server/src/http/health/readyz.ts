/** GET /readyz: it takes requests, and its store answers and is the one that it was started on. */
import type { Store } from "../../store/port.ts";
import type { StoreWatch } from "../../store/watch.ts";
import type { GetRoute } from "../lib/get-route.ts";
import { okReply, unavailableReply } from "../lib/reply.ts";

export interface HealthParts {
  readonly store: Pick<Store, "ping">;
  readonly watch: Pick<StoreWatch, "take" | "trouble">;
  /** The server will stop soon: it still serves, but balancers must send no more. */
  isLeaving(): boolean;
}

export const readyz: GetRoute<HealthParts> = {
  path: "/readyz",
  async answer({ store, watch, isLeaving }) {
    if (isLeaving()) return unavailableReply();
    watch.take(await store.ping());
    if (watch.trouble !== undefined) return unavailableReply();
    return okReply({ status: "ready" });
  },
};
