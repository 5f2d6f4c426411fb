/** GET /gateways/health: circuits and counts of this server's gateways. */
import type { GetRoute } from "../lib/get-route.ts";
import { okReply } from "../lib/reply.ts";
import type { OperationsParts } from "./parts.ts";

export const gatewaysHealth: GetRoute<OperationsParts> = {
  path: "/gateways/health",
  answer: async ({ gateways }) => okReply({ gateways: await gateways.health() }),
};
