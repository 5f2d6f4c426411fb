/** GET /readyz: it takes requests, and its store answers and is the one that it was started on. */
import { setTimeout } from "node:timers/promises";
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

/** A balancer that asks must not wait for a store that has fallen silent. */
const patienceMs = 1_000;

export const readyz: GetRoute<HealthParts> = {
  path: "/readyz",
  async answer({ store, watch, isLeaving }) {
    if (isLeaving()) return unavailableReply();
    const identity = await atMost(patienceMs, store.ping());
    if (!identity) return unavailableReply();
    watch.take(identity);
    if (watch.trouble !== undefined) return unavailableReply();
    return okReply({ status: "ready" });
  },
};

/** `undefined`: it took longer. */
async function atMost<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  const timer = new AbortController();
  const late = setTimeout(ms, undefined, { signal: timer.signal, ref: false }).catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.abort();
  }
}
