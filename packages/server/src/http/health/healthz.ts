/** GET /healthz: the process is alive. */
import type { GetRoute } from "../lib/get-route.ts";
import { okReply } from "../lib/reply.ts";

export const healthz: GetRoute<unknown> = { path: "/healthz", answer: () => okReply({ status: "ok" }) };
