/** Making and changing verification services: settings are checked here, whoever enters them. */
import { randomUUID } from "node:crypto";
import { bounds, defaults } from "@antryk/contract";
import type { Keyring } from "../keyring/keyring.ts";
import { brandProblem, templateProblem } from "../messages/sms/lint.ts";
import { messagesProblem, messagesWarnings } from "../messages/sms/settings.ts";
import { plainMessages, type Service, type ServiceSettings } from "../model/service.ts";
import { changedMessages, type MessageChanges } from "./message-changes.ts";
import { type SettingsProblem, sealSettings } from "./provider-settings.ts";

/** What an operator enters. What is left out keeps its value, or gets the default on a new service. */
export type ServiceChanges = Partial<Omit<ServiceSettings, "sealedConfig" | "messages">> & {
  readonly messages?: MessageChanges;
  /** The provider's settings, in clear. */
  readonly config?: Readonly<Record<string, string>>;
};

export interface ServiceResult {
  readonly kind: "service";
  readonly service: Service;
  /** A signing secret that was made here: shown once. */
  readonly newSecret: string | undefined;
  /** What its messages cost more than they need, and settings that do nothing. */
  readonly warnings: readonly string[];
}

const fresh: Omit<ServiceSettings, "name"> = {
  brand: null,
  template: null,
  messages: plainMessages,
  provider: "sandbox",
  sealedConfig: null,
  codeLength: defaults.codeLength,
  ttlSeconds: defaults.ttlSeconds,
  maxAttempts: defaults.maxAttempts,
  wrongCode: "valid_false",
  recipientLimits: defaults.recipientLimits,
  serviceLimits: [],
  clientLimits: [],
  routes: [],
  learnRoutes: false,
};

export function newService(
  accountId: string,
  name: string,
  changes: ServiceChanges,
  keyring: Keyring,
  now: number,
): ServiceResult | SettingsProblem {
  const service: Service = { ...fresh, name, id: randomUUID(), accountId, createdAt: now };
  return changeService(service, { ...changes, name }, keyring);
}

export function changeService(current: Service, changes: ServiceChanges, keyring: Keyring): ServiceResult | SettingsProblem {
  const { config, messages, ...settings } = changes;
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  const changed = changedMessages(current.messages, messages ?? {});
  if (changed.kind === "problem") return changed;
  const service: Service = { ...current, ...given, messages: changed.messages };
  const problem = settingsProblem(service);
  if (problem) return { kind: "problem", message: problem };
  return withConfig(service, current, config ?? {}, keyring);
}

function settingsProblem(service: Service): string | undefined {
  if (service.name.trim() === "" || service.name.length > 100) return "a name has 1 to 100 characters";
  if (service.brand === null && brandProblem(service.name))
    return `the name can't stand in messages (${brandProblem(service.name)}): give a brand as well`;
  return (
    outside("code length", service.codeLength, bounds.codeLength) ??
    outside("life (seconds)", service.ttlSeconds, bounds.ttlSeconds) ??
    outside("max attempts", service.maxAttempts, bounds.maxAttempts) ??
    (service.brand === null ? undefined : brandProblem(service.brand)) ??
    (service.template === null ? undefined : templateProblem(service.template)) ??
    messagesProblem(service)
  );
}

function outside(what: string, value: number, { min, max }: { min: number; max: number }): string | undefined {
  return Number.isInteger(value) && value >= min && value <= max ? undefined : `${what} is a whole number from ${min} to ${max}`;
}

function withConfig(
  service: Service,
  current: Service,
  config: Readonly<Record<string, string>>,
  keyring: Keyring,
): ServiceResult | SettingsProblem {
  const kept = { sealedConfig: current.provider === service.provider ? current.sealedConfig : null };
  const sealed = sealSettings(service.provider, config, kept, service.id, keyring);
  if (sealed.kind === "problem") return sealed;
  return {
    kind: "service",
    service: { ...service, sealedConfig: sealed.sealedConfig },
    newSecret: sealed.newSecret,
    warnings: [...messagesWarnings(service), ...routesWarnings(service)],
  };
}

function routesWarnings({ learnRoutes, routes }: Service): string[] {
  if (!learnRoutes || routes.some(({ gateways }) => gateways.length > 1)) return [];
  return ["learning has nothing to choose from: no route names two gateways"];
}
