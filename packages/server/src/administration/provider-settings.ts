/** Settings of a gateway, a service's own or a named one: checked against its provider's schema, then sealed. */
import Value from "typebox/value";
import type { ConfigField, Provider } from "../gateways/port.ts";
import { providers } from "../gateways/registry.ts";
import type { Keyring } from "../keyring/keyring.ts";
import { type Problem, problem } from "./outcomes.ts";

/** Settings by name, in clear; null takes one away. */
export type GivenSettings = Readonly<Record<string, string | null>>;

/** A secret that was made because none was given: shown once. */
export interface NewSecret {
  /** The setting's name. */
  readonly setting: string;
  readonly value: string;
}

export interface SealedSettings {
  readonly kind: "sealed";
  /** Null if the provider has no settings. */
  readonly sealedConfig: string | null;
  readonly newSecret: NewSecret | undefined;
}

/** What a setting is called on the command line: `--http-url`, `--twilio-account-sid`. */
export function settingFlag(providerId: string, name: string): string {
  return `--${providerId}-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

export interface Sealing {
  readonly provider: string;
  readonly given: GivenSettings;
  /** The provider that `given` was meant for, if that is known: another one is refused. */
  readonly givenFor?: string | undefined;
  /** Settings that stay unless `given` names them. */
  readonly kept: string | null;
  /** Must be the same when they are opened. */
  readonly context: string;
}

export function sealSettings(
  { provider: id, given, givenFor = id, kept, context }: Sealing,
  keyring: Keyring,
): SealedSettings | Problem {
  const provider = providers.get(id);
  if (!provider) return problem(`there is no provider ${id}: use ${[...providers.keys()].join(" or ")}`);
  const [first] = Object.keys(given);
  if (givenFor !== id && first !== undefined)
    return problem(`${settingFlag(givenFor, first)} is a setting of the provider ${givenFor}, not of ${id}`);
  const unknown = Object.keys(given).find((name) => !provider.fields.some((field) => field.name === name));
  if (unknown) return problem(`the provider ${provider.id} has no setting ${unknown}`);
  if (provider.fields.length === 0) return { kind: "sealed", sealedConfig: null, newSecret: undefined };

  const merged: Record<string, unknown> = { ...openSettings(kept, context, keyring), ...given };
  for (const [name, value] of Object.entries(given)) if (value === null) delete merged[name];
  const newSecret = madeFor(provider, merged);
  if (newSecret) merged[newSecret.setting] = newSecret.value;
  const wrong = problemOf(provider, merged);
  if (wrong) return problem(wrong);
  return { kind: "sealed", sealedConfig: keyring.seal(JSON.stringify(merged), context), newSecret };
}

/** Settings as they were before they were sealed. */
export function openSettings(
  sealedConfig: string | null,
  context: string,
  keyring: Keyring,
): Readonly<Record<string, unknown>> {
  return sealedConfig === null ? {} : (JSON.parse(keyring.open(sealedConfig, context)) as Record<string, unknown>);
}

function madeFor({ fields }: Provider, settings: Readonly<Record<string, unknown>>): NewSecret | undefined {
  for (const { name, make } of fields)
    if (make && settings[name] === undefined) return { setting: name, value: make() };
  return undefined;
}

function problemOf(provider: Provider, settings: Readonly<Record<string, unknown>>): string | undefined {
  const missing = provider.fields.find((field) => field.required && settings[field.name] === undefined);
  if (missing) return `the provider ${provider.id} needs its ${named(provider, missing)}: ${missing.help}`;
  const [error] = Value.Errors(provider.config, settings);
  if (error) {
    const field = provider.fields.find(({ name }) => name === error.instancePath.slice(1));
    return field
      ? cannotTake(provider, field, `it ${error.message}`)
      : `the provider ${provider.id} can't take its settings: ${error.message}`;
  }
  for (const field of provider.fields) {
    const why = field.secret ? undefined : urlProblem(settings[field.name]);
    if (why !== undefined) return cannotTake(provider, field, why);
  }
  return undefined;
}

function cannotTake(provider: Provider, field: ConfigField, why: string): string {
  return `the provider ${provider.id} can't take its ${named(provider, field)}: ${why}. ${field.help}`;
}

function named({ id }: Provider, { name, label }: ConfigField): string {
  return `${label} (${settingFlag(id, name)})`;
}

/** A pattern can't check a URL, and the client that posts drops a name and password inside one. */
function urlProblem(value: unknown): string | undefined {
  if (typeof value !== "string" || !/^https?:/i.test(value)) return undefined;
  if (/\s/.test(value) || !URL.canParse(value)) return "it is not a URL";
  const { username, password } = new URL(value);
  return username === "" && password === "" ? undefined : "a name and password in a URL would not be sent";
}
