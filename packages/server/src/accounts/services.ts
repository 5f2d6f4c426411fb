/** Making and changing verification services: settings are checked here, whoever enters them. */
import { randomBytes, randomUUID } from "node:crypto";
import { bounds, defaults } from "@antryk/contract";
import Value from "typebox/value";
import { brandProblem, templateProblem } from "../delivery/render.ts";
import type { Keyring } from "../keyring/keyring.ts";
import { providers } from "../providers/registry.ts";
import type { Service, ServiceSettings } from "../store/port-accounts.ts";

/** What an operator enters. What is left out keeps its value, or gets the default on a new service. */
export type ServiceChanges = Partial<Omit<ServiceSettings, "sealedConfig">> & {
  /** The provider's settings, in clear. */
  readonly config?: Readonly<Record<string, string>>;
};

/** The settings can't be taken; `message` says which and why. */
export interface SettingsProblem {
  readonly kind: "problem";
  readonly message: string;
}

export interface ServiceResult {
  readonly kind: "service";
  readonly service: Service;
  /** A signing secret that was made here: shown once. */
  readonly newSecret: string | undefined;
}

const fresh: Omit<ServiceSettings, "name"> = {
  brand: null,
  template: null,
  provider: "sandbox",
  sealedConfig: null,
  codeLength: defaults.codeLength,
  ttlSeconds: defaults.ttlSeconds,
  maxAttempts: defaults.maxAttempts,
  wrongCode: "valid_false",
  recipientLimits: defaults.recipientLimits,
  serviceLimits: [],
  clientLimits: [],
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
  const { config, ...settings } = changes;
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  const service: Service = { ...current, ...given };
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
    (service.template === null ? undefined : templateProblem(service.template))
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
  const provider = providers.get(service.provider);
  if (!provider) return { kind: "problem", message: `there is no provider ${service.provider}: use ${[...providers.keys()].join(" or ")}` };
  const unknown = Object.keys(config).find((name) => !provider.fields.some((field) => field.name === name));
  if (unknown) return { kind: "problem", message: `the provider ${provider.id} has no setting ${unknown}` };
  if (provider.fields.length === 0) return { kind: "service", service: { ...service, sealedConfig: null }, newSecret: undefined };

  const kept =
    current.sealedConfig !== null && current.provider === service.provider
      ? (JSON.parse(keyring.open(current.sealedConfig, current.id)) as object)
      : {};
  const merged: Record<string, unknown> = { ...kept, ...config };
  const newSecret = provider.id === "http" && merged.secret === undefined ? `whsec_${randomBytes(32).toString("base64")}` : undefined;
  if (newSecret) merged.secret = newSecret;
  const missing = provider.fields.find((field) => field.required && merged[field.name] === undefined);
  if (missing)
    return {
      kind: "problem",
      message: `the provider ${provider.id} needs its ${missing.label} (--${provider.id}-${missing.name}): ${missing.help}`,
    };
  const [error] = Value.Errors(provider.config, merged);
  if (error)
    return {
      kind: "problem",
      message: `the provider ${provider.id} can't take its ${error.instancePath.slice(1) || "settings"}: ${error.message}`,
    };
  return { kind: "service", service: { ...service, sealedConfig: keyring.seal(JSON.stringify(merged), service.id) }, newSecret };
}
