/** Whether gateways can send as an operator wants it, and who sends as whom. */
import { providers } from "../gateways/registry.ts";
import type { Keyring } from "../keyring/keyring.ts";
import type { GatewayRecord } from "../model/gateway.ts";
import type { Route, Service } from "../model/service.ts";
import { formatRoute } from "../policy/route-notation.ts";
import { isIndianRoute, senderFor, senderIn } from "../policy/senders.ts";
import type { GatewaysByName } from "../store/ports/accounts.ts";
import { openSettings } from "./provider-settings.ts";

/** Why one of its gateways can't send as the service or its route says; `undefined`: all can. */
export function sendersProblem(service: Service, gateways: GatewaysByName, keyring: Keyring): string | undefined {
  const { routes, sender, messages } = service;
  if (routes.length === 0 && sender !== null) {
    const why = senderProblem(sender, service, keyring);
    return why && `the sender ${sender}: ${why}`;
  }
  for (const { route, gateway, text } of routes.flatMap((route) => sendersOf(service, route))) {
    const record = gateways.get(gateway);
    const why = record && senderProblem(text, record, keyring);
    if (why) return `the route ${formatRoute(route)}: the gateway ${gateway} can't send as ${text}: ${why}`;
    const isHeader = messages.dlt && isIndianRoute(route) && senderIn(route, gateway) !== undefined;
    if (isHeader && !/^[A-Za-z0-9]{3,11}$/.test(text))
      return `the route ${formatRoute(route)}: with DLT the sender is a registered header, of 3 to 11 letters and digits`;
  }
  return undefined;
}

/**
 * Which sender, of which service and route, the gateway could use before a change of its settings and can't after it;
 * `undefined`: none. Archived services count, since they may be restored.
 */
export function lostSender(
  before: GatewayRecord,
  after: GatewayRecord,
  services: readonly Service[],
  keyring: Keyring,
): string | undefined {
  for (const service of services) {
    for (const { route, gateway, text } of service.routes.flatMap((route) => sendersOf(service, route))) {
      if (gateway !== before.name) continue;
      const why = senderProblem(text, after, keyring);
      // What was impossible before must not stop a change that has nothing to do with it.
      if (why === undefined || senderProblem(text, before, keyring) !== undefined) continue;
      const of = `the service ${service.id}, route ${formatRoute(route)}`;
      return `the gateway ${gateway} could no longer send as ${text}, which ${of} names: ${why}`;
    }
  }
  return undefined;
}

/** Headers that a service's text must be registered for as well. */
export function sendersWarnings(service: Service): string[] {
  const { routes, messages } = service;
  const { header } = messages.dlt ?? {};
  if (header === undefined) return [];
  const others = routes.filter(isIndianRoute).flatMap(({ senders = {} }) => Object.values(senders));
  return [...new Set(others)]
    .filter((text) => text !== header)
    .map(
      (text) => `a route for India sends as ${text}: the DLT text must be registered for it as well as for ${header}`,
    );
}

/** Every sender that a service gives a gateway, by service and route. */
export function sendersThrough(gateway: string, services: readonly Service[]): Readonly<Record<string, string>> {
  const all = services.flatMap((service) =>
    service.routes
      .flatMap((route) => sendersOf(service, route))
      .filter((one) => one.gateway === gateway)
      .map(({ route, text }) => [`${service.id} ${route.match}`, text] as const),
  );
  return Object.fromEntries(all);
}

interface RouteSender {
  readonly route: Route;
  readonly gateway: string;
  readonly text: string;
}

function sendersOf(service: Service, route: Route): RouteSender[] {
  return route.gateways.flatMap((gateway) => {
    const text = senderFor(service, route, gateway);
    return text === undefined ? [] : [{ route, gateway, text }];
  });
}

function senderProblem(
  sender: string,
  { id, provider, sealedConfig }: Pick<GatewayRecord, "id" | "provider" | "sealedConfig">,
  keyring: Keyring,
): string | undefined {
  const found = providers.get(provider);
  if (!found?.sender) return `messages of the provider ${provider} have no sender`;
  return found.sender.problem(sender, openSettings(sealedConfig, id, keyring));
}
