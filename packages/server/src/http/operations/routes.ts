/** The routes for operators and for what watches the server. */
import type { GetRoute } from "../lib/get-route.ts";
import { gatewaysHealth } from "./gateways-health.ts";
import { healthz } from "./healthz.ts";
import { metrics } from "./metrics.ts";
import type { OperationsParts } from "./parts.ts";
import { readyz } from "./readyz.ts";
import { sandboxMessages } from "./sandbox-messages.ts";

export const operationsRoutes: readonly GetRoute<OperationsParts>[] = [
  healthz,
  readyz,
  sandboxMessages,
  metrics,
  gatewaysHealth,
];
