/** GET /metrics: what was counted, in the form that Prometheus reads. */
import { exposition, expositionType } from "../../observe/exposition.ts";
import type { MetricsExposure, Snapshot } from "../../observe/metrics.ts";
import type { GetRoute } from "../lib/get-route.ts";
import { errorReply, textReply } from "../lib/reply.ts";
import type { OperationsParts } from "./parts.ts";

/** Who may read it, and what it says. */
export interface MetricsPage {
  /** `local`: only this machine, as the sandbox. */
  readonly exposure: MetricsExposure;
  read(): Promise<Snapshot>;
}

export const metrics: GetRoute<OperationsParts> = {
  path: "/metrics",
  async answer({ metrics: { exposure, read }, isLocal }, { raw }) {
    const readable = exposure === "on" || (exposure === "local" && isLocal(raw));
    return readable ? textReply(expositionType, await exposition(await read())) : errorReply("not_found");
  },
};
