/** The public listener: the SMS API, what gateways report, and whether the server lives. Nothing of the operator's. */
import type { FastifyInstance } from "fastify";
import { docsRoutes } from "./docs/routes.ts";
import { healthz } from "./health/healthz.ts";
import { type HealthParts, readyz } from "./health/readyz.ts";
import type { GetRoute } from "./lib/get-route.ts";
import { type MakeServer, routesApp, send } from "./lib/routes.ts";
import { type ReceiptParts, registerReceipts } from "./receipts/receipts.ts";
import type { SmsParts } from "./sms/edge.ts";
import { getVerification } from "./sms/get-verification.ts";

export interface PublicParts extends SmsParts, ReceiptParts, HealthParts {}

const gets: readonly GetRoute<PublicParts>[] = [healthz, readyz, ...docsRoutes, getVerification];

/** Every route of it but the two hot paths. */
export function publicRoutes(parts: PublicParts, makeServer: MakeServer): FastifyInstance {
  const app = routesApp(gets, parts, makeServer);
  app.register(async (scope) => registerReceipts(scope, parts, send));
  return app;
}
