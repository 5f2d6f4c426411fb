/** What a message through one gateway comes from. */
import type { OutgoingMessage } from "../gateways/port.ts";
import type { Route, Service } from "../model/service.ts";
import { isIndianRoute, senderFor, senderIn } from "../policy/senders.ts";

export interface PlannedSender {
  readonly text: string;
  /** The sender is meant for India alone: it goes in place of the service's DLT header. */
  readonly isHeader: boolean;
}

/** `route` undefined: the service has none, and one gateway. `undefined`: the gateway's own sender. */
export function plannedSender(service: Service, route: Route | undefined, gateway: string): PlannedSender | undefined {
  const text = senderFor(service, route ?? {}, gateway);
  if (text === undefined) return undefined;
  return { text, isHeader: route !== undefined && isIndianRoute(route) && senderIn(route, gateway) !== undefined };
}

export function withSender(message: OutgoingMessage, sender: PlannedSender | undefined): OutgoingMessage {
  if (sender === undefined) return message;
  const { text, isHeader } = sender;
  const { dlt } = message;
  return { ...message, sender: text, ...(dlt && isHeader ? { dlt: { ...dlt, header: text } } : {}) };
}
