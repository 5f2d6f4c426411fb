/** The operations listener: what operators read. Every request must pass the gate. */
import type { FastifyInstance } from "fastify";
import type { Log } from "../../observe/log.ts";
import type { Answered } from "../lib/answered.ts";
import type { GetRoute } from "../lib/get-route.ts";
import { errorReply } from "../lib/reply.ts";
import { type MakeServer, routesApp, send } from "../lib/routes.ts";
import { mayRead } from "./gate.ts";
import { gatewaysHealth } from "./gateways-health.ts";
import { metrics } from "./metrics.ts";
import type { OperationsParts } from "./parts.ts";
import { sandboxMessages } from "./sandbox-messages.ts";
import { searchVerifications } from "./search-verifications.ts";

const gets: readonly GetRoute<OperationsParts>[] = [sandboxMessages, metrics, gatewaysHealth];

export function operationsRoutes(
  parts: OperationsParts & { readonly log: Log; readonly onAnswered: Answered },
  makeServer: MakeServer,
): FastifyInstance {
  const app = routesApp(gets, parts, makeServer, [searchVerifications]);
  app.addHook("onRequest", async (request, reply) => {
    const verdict = mayRead(request.raw, app.server.address(), parts.token);
    if (verdict !== "yes") return send(reply, request, errorReply(verdict));
  });
  return app;
}
