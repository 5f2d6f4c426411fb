/** What a message says: a renderer for each channel. */
import type { DltIds } from "../gateways/port.ts";
import type { Channel } from "../model/channel.ts";
import type { Service } from "../model/service.ts";
import { renderSms } from "./sms/message.ts";

/** What a message is made of. */
export interface MessageInput {
  readonly service: Service;
  /** The recipient's address on the channel. */
  readonly to: string;
  /** The request's language, canonical. */
  readonly locale: string | undefined;
  readonly code: string;
  /** Life that the code has left, in whole minutes, at least 1. */
  readonly minutes: number;
}

/** What a gateway hands over. */
export interface RenderedMessage {
  readonly text: string;
  /** Only if the operators of the number's country ask for it. */
  readonly dlt?: DltIds;
}

export type Renderer = (input: MessageInput) => RenderedMessage;

const renderers: Readonly<Record<Channel, Renderer>> = { sms: renderSms };

export function renderMessage(channel: Channel, input: MessageInput): RenderedMessage {
  return renderers[channel](input);
}
