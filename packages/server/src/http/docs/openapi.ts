/** GET /openapi.json */
import { openApiDocument } from "@antryk/contract";
import type { GetRoute } from "../lib/get-route.ts";
import { okReply } from "../lib/reply.ts";

export const openApi: GetRoute<unknown> = { path: "/openapi.json", answer: () => okReply(openApiDocument) };
