/** Making named gateways, which routes of services use. */
import { randomBytes, randomUUID } from "node:crypto";
import type { Keyring } from "../keyring/keyring.ts";
import type { GatewayRecord } from "../model/gateway.ts";
import { isGatewayName } from "../policy/route-notation.ts";
import { type SettingsProblem, sealSettings } from "./provider-settings.ts";

export interface GatewayResult {
  readonly kind: "gateway";
  readonly gateway: GatewayRecord;
  /** A signing secret that was made here: shown once. */
  readonly newSecret: string | undefined;
}

export interface NewGateway {
  readonly name: string;
  readonly provider: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly maxConcurrent: number | null;
  readonly maxPerSecond: number | null;
}

export function newGateway(
  { name, provider, settings, maxConcurrent, maxPerSecond }: NewGateway,
  keyring: Keyring,
  now: number,
): GatewayResult | SettingsProblem {
  if (!isGatewayName(name)) return { kind: "problem", message: "a gateway's name has 1 to 40 of a-z, 0-9 and -" };
  const id = randomUUID();
  const sealed = sealSettings(provider, settings, { sealedConfig: null }, id, keyring);
  if (sealed.kind === "problem") return sealed;
  const receiptToken = randomBytes(24).toString("base64url");
  const gateway = { id, name, provider, sealedConfig: sealed.sealedConfig, receiptToken, maxConcurrent, maxPerSecond, createdAt: now };
  return { kind: "gateway", gateway, newSecret: sealed.newSecret };
}
