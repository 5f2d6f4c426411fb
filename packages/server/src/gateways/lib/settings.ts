/** Settings that gateways share. */
import { bounds } from "@antryk/contract";
import Type from "typebox";
import type { ConfigField, OutgoingMessage } from "../port.ts";

/** The schema of a base URL that may be left out. */
export const baseUrlSetting = Type.Optional(Type.String({ pattern: "^https?://[^/?#\\s]+[^?#\\s]*$" }));

/** The field of such a base URL. */
export function baseUrlField(usual: string, help = "Another host of the same API"): ConfigField {
  return {
    name: "baseUrl",
    label: "Base URL",
    help: `${help}; ${usual} if none is given.`,
    secret: false,
    required: false,
  };
}

/** The base URL without slashes at its end. */
export function baseUrlOf(config: Readonly<Record<string, unknown>>, usual: string): string {
  return String(config.baseUrl ?? usual).replace(/\/+$/, "");
}

/** A setting's text, or `undefined` if it was left out or is empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** For how many seconds a gateway shall try to deliver the message: as long as its code lives. */
export function validitySeconds({ validForMs = bounds.ttlSeconds.max * 1000 }: OutgoingMessage): number {
  return Math.max(1, Math.ceil(validForMs / 1000));
}

/** The same in whole minutes. */
export function validityMinutes(message: OutgoingMessage): number {
  return Math.ceil(validitySeconds(message) / 60);
}
