/** How a service is shown, by every command that shows one. */

import type { Service } from "../model/service.ts";
import { formatLimits } from "../policy/limit-notation.ts";
import { formatRoute } from "../policy/route-notation.ts";
import { describeMessages } from "./message-options.ts";

/** A service's settings, named as its flags are. */
export function describe(service: Service) {
  return {
    serviceId: service.id,
    accountId: service.accountId,
    name: service.name,
    brand: service.brand,
    template: service.template,
    ...describeMessages(service.messages),
    provider: service.provider,
    codeLength: service.codeLength,
    ttl: service.ttlSeconds,
    maxAttempts: service.maxAttempts,
    wrongCode: service.wrongCode,
    recipientLimit: formatLimits(service.recipientLimits),
    serviceLimit: formatLimits(service.serviceLimits),
    clientLimit: formatLimits(service.clientLimits),
    routes: service.routes.map(formatRoute),
    learnRoutes: service.learnRoutes,
    createdAt: new Date(service.createdAt).toISOString(),
  };
}

/** A setting in a table. */
export function shownText(value: unknown): string {
  if (value === null) return "-";
  if (typeof value !== "object") return String(value);
  return (
    Object.entries(value)
      .map(([name, text]) => `${name}=${text}`)
      .join(" | ") || "-"
  );
}
