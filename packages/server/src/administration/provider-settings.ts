/** Settings of a provider: checked against its schema, then sealed. Whoever enters them, for a service or a named gateway. */
import Value from "typebox/value";
import type { ConfigField, Provider } from "../gateways/port.ts";
import { providers } from "../gateways/registry.ts";
import type { Keyring } from "../keyring/keyring.ts";

/** The settings can't be taken; `message` says which and why. */
export interface SettingsProblem {
  readonly kind: "problem";
  readonly message: string;
}

export interface SealedSettings {
  readonly kind: "sealed";
  /** Null where the provider has no settings. */
  readonly sealedConfig: string | null;
  /** A signing secret that was made here: shown once. */
  readonly newSecret: string | undefined;
}

/** What a setting is called on the command line: `--http-url`, `--twilio-account-sid`. */
export function settingFlag(providerId: string, name: string): string {
  return `--${providerId}-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `kept`: settings that stay where `given` does not name them. `context` must be the same when they are opened. */
export function sealSettings(
  providerId: string,
  given: Readonly<Record<string, string>>,
  kept: { readonly sealedConfig: string | null },
  context: string,
  keyring: Keyring,
): SealedSettings | SettingsProblem {
  const provider = providers.get(providerId);
  if (!provider) return problem(`there is no provider ${providerId}: use ${[...providers.keys()].join(" or ")}`);
  const unknown = Object.keys(given).find((name) => !provider.fields.some((field) => field.name === name));
  if (unknown) return problem(`the provider ${provider.id} has no setting ${unknown}`);
  if (provider.fields.length === 0) return { kind: "sealed", sealedConfig: null, newSecret: undefined };

  const before = kept.sealedConfig === null ? {} : (JSON.parse(keyring.open(kept.sealedConfig, context)) as object);
  const merged: Record<string, unknown> = { ...before, ...given };
  const lacking = provider.fields.find(({ name, make }) => make && merged[name] === undefined);
  const newSecret = lacking?.make?.();
  if (lacking) merged[lacking.name] = newSecret;
  const wrong = problemOf(provider, merged);
  if (wrong) return problem(wrong);
  return { kind: "sealed", sealedConfig: keyring.seal(JSON.stringify(merged), context), newSecret };
}

function problemOf(provider: Provider, settings: Readonly<Record<string, unknown>>): string | undefined {
  const missing = provider.fields.find((field) => field.required && settings[field.name] === undefined);
  if (missing) return `the provider ${provider.id} needs its ${missing.label} (${settingFlag(provider.id, missing.name)}): ${missing.help}`;
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

function cannotTake(provider: Provider, { name, label, help }: ConfigField, why: string): string {
  return `the provider ${provider.id} can't take its ${label} (${settingFlag(provider.id, name)}): ${why}. ${help}`;
}

/** A pattern can't say what is a URL, and the client that posts leaves a name and password inside one out. */
function urlProblem(value: unknown): string | undefined {
  if (typeof value !== "string" || !/^https?:/i.test(value)) return undefined;
  if (/\s/.test(value) || !URL.canParse(value)) return "that is no URL";
  const { username, password } = new URL(value);
  return username === "" && password === "" ? undefined : "a name and password in a URL would not be sent";
}

function problem(message: string): SettingsProblem {
  return { kind: "problem", message };
}
