/** What developers read on the server itself. */
import type { GetRoute } from "../lib/get-route.ts";
import { bodyCredentials } from "./body-credentials.ts";
import { openApi } from "./openapi.ts";

export const docsRoutes: readonly GetRoute<unknown>[] = [openApi, bodyCredentials];
