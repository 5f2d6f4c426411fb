/** Named gateways, which routes of services use: made, changed in place, removed. */
import { randomBytes, randomUUID } from "node:crypto";
import type { Keyring } from "../keyring/keyring.ts";
import { defaultGateway, type GatewayRecord } from "../model/gateway.ts";
import { isGatewayName } from "../policy/route-notation.ts";
import { type Problem, problem, type Unknown } from "./outcomes.ts";
import type { Parts } from "./parts.ts";
import { type GivenSettings, type NewSecret, type SealedSettings, sealSettings } from "./provider-settings.ts";
import { lostSender } from "./senders.ts";

export interface GatewayResult {
  readonly kind: "gateway";
  readonly gateway: GatewayRecord;
  readonly newSecret: NewSecret | undefined;
}

/** What an operator enters of a gateway. What is left out keeps its value; a new gateway gets the default. */
export interface GatewayChanges {
  readonly settings?: GivenSettings;
  /** The provider that `settings` was meant for, if that is known: a gateway of another one is refused. */
  readonly settingsOf?: string | undefined;
  /** Messages in hand-over at once; null: no cap. */
  readonly maxConcurrent?: number | null;
  /** Messages a second; null: no cap. */
  readonly maxPerSecond?: number | null;
  readonly enabled?: boolean;
}

export interface NewGateway extends GatewayChanges {
  readonly name: string;
  readonly provider: string;
}

/** What a cap may be. */
export const capBounds = { min: 1, max: 100_000 } as const;

export function newGateway(
  { name, provider, ...changes }: NewGateway,
  keyring: Keyring,
  now: number,
): GatewayResult | Problem {
  if (!isGatewayName(name)) return problem("a gateway's name must be 1 to 40 of a-z, 0-9 and -");
  const receiptToken = randomBytes(24).toString("base64url");
  const empty = {
    ...defaultGateway,
    id: randomUUID(),
    name,
    provider,
    sealedConfig: null,
    receiptToken,
    createdAt: now,
  };
  const sealed = sealChanges(empty, changes, keyring);
  return sealed.kind === "problem" ? sealed : changed(empty, changes, sealed);
}

export function changeGateway(
  before: GatewayRecord,
  changes: GatewayChanges,
  keyring: Keyring,
): GatewayResult | Problem {
  // Without settings, what is sealed stays as it is: an old value that is no longer allowed must not block it.
  if (changes.settings === undefined || Object.keys(changes.settings).length === 0)
    return changed(before, changes, undefined);
  const sealed = sealChanges(before, changes, keyring);
  return sealed.kind === "problem" ? sealed : changed(before, changes, sealed);
}

export async function addGateway(
  { store, keyring }: Parts,
  given: NewGateway,
): Promise<GatewayResult | { readonly kind: "taken" } | Problem> {
  const made = newGateway(given, keyring, store.now());
  if (made.kind === "problem") return made;
  return (await store.createGateway(made.gateway)) ? made : { kind: "taken" };
}

/**
 * Changes only what is given; name, id, provider and receipt address stay. A change that leaves a sender of a service
 * without effect is refused: it is decided over all services in the same step.
 */
export async function updateGateway(
  { store, keyring }: Parts,
  name: string,
  changes: GatewayChanges,
): Promise<GatewayResult | Unknown | Problem> {
  const outcome = await store.updateGateway<GatewayResult | Problem>(name, (before, services) => {
    const result = changeGateway(before, changes, keyring);
    if (result.kind === "problem") return { outcome: result };
    const areSettingsSame = result.gateway.sealedConfig === before.sealedConfig;
    const lost = areSettingsSame ? undefined : lostSender(before, result.gateway, services, keyring);
    return lost === undefined ? { outcome: result, save: result.gateway } : { outcome: problem(lost) };
  });
  return outcome ?? { kind: "unknown" };
}

function sealChanges(
  { id, provider, sealedConfig }: GatewayRecord,
  { settings = {}, settingsOf }: GatewayChanges,
  keyring: Keyring,
): SealedSettings | Problem {
  return sealSettings({ provider, given: settings, givenFor: settingsOf, kept: sealedConfig, context: id }, keyring);
}

function changed(
  before: GatewayRecord,
  changes: GatewayChanges,
  sealed: SealedSettings | undefined,
): GatewayResult | Problem {
  const {
    maxConcurrent = before.maxConcurrent,
    maxPerSecond = before.maxPerSecond,
    enabled = before.enabled,
  } = changes;
  if (![maxConcurrent, maxPerSecond].every(isCap))
    return problem(`a cap must be a whole number from ${capBounds.min} to ${capBounds.max}`);
  const { sealedConfig = before.sealedConfig, newSecret } = sealed ?? {};
  return { kind: "gateway", gateway: { ...before, sealedConfig, maxConcurrent, maxPerSecond, enabled }, newSecret };
}

function isCap(cap: number | null): boolean {
  return cap === null || (Number.isInteger(cap) && cap >= capBounds.min && cap <= capBounds.max);
}
