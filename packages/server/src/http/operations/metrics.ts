/** GET /metrics: what was counted, in the form that Prometheus reads. */
import { exposition, expositionType } from "../../observe/exposition.ts";
import type { Snapshot } from "../../observe/metrics.ts";
import type { GetRoute } from "../lib/get-route.ts";
import { errorReply, textReply } from "../lib/reply.ts";
import type { OperationsParts } from "./parts.ts";

export interface MetricsPage {
  readonly isOn: boolean;
  read(): Promise<Snapshot>;
}

export const metrics: GetRoute<OperationsParts> = {
  path: "/metrics",
  async answer({ metrics: { isOn, read } }) {
    return isOn ? textReply(expositionType, await exposition(await read())) : errorReply("not_found");
  },
};
