/** GET /openapi.json */
import { openApiDocument } from "@antryk/contract";
import { jsonType } from "../lib/reply.ts";
import { preparedPage } from "./prepared.ts";

export const openApi = preparedPage("/openapi.json", jsonType, () => JSON.stringify(openApiDocument));
