/** Verification services, made and changed: every setting is checked here, whoever enters it. */
import { randomUUID } from "node:crypto";
import type { Keyring } from "../keyring/keyring.ts";
import { brandProblem, templateProblem } from "../messages/sms/lint.ts";
import { messagesProblem, messagesWarnings } from "../messages/sms/settings.ts";
import { defaultSettings, type Route, type Service, type ServiceSettings } from "../model/service.ts";
import { countriesProblem } from "../policy/countries.ts";
import type { GatewaysByName } from "../store/ports/accounts.ts";
import { changedMessages, type MessageChanges } from "./message-changes.ts";
import { countryBudgetsProblem } from "./money.ts";
import { nameProblem } from "./names.ts";
import { type ArchivedAccount, type Problem, problem, type Unknown } from "./outcomes.ts";
import type { Parts } from "./parts.ts";
import { type GivenSettings, type NewSecret, type SealedSettings, sealSettings } from "./provider-settings.ts";
import { sendersProblem, sendersWarnings } from "./senders.ts";
import { settingsProblem } from "./settings/service.ts";

/** What an operator enters. What is left out keeps its value; a new service gets the default. */
export type ServiceChanges = Partial<Omit<ServiceSettings, "sealedConfig" | "messages" | "testNumbers">> & {
  readonly messages?: MessageChanges;
  /** Settings of the service's own gateway, in clear. */
  readonly config?: GivenSettings;
  /** The provider that `config` was meant for, if that is known: a service of another one is refused. */
  readonly configOf?: string | undefined;
};

export interface ServiceResult {
  readonly kind: "service";
  readonly service: Service;
  readonly newSecret: NewSecret | undefined;
  /** Why its messages cost more than they need to, and settings that have no effect. */
  readonly warnings: readonly string[];
}

/** A route names a gateway that does not exist. */
export interface MissingGateway {
  readonly kind: "missing_gateway";
  readonly route: Route;
  readonly gateway: string;
}

export function newService(
  accountId: string,
  name: string,
  changes: ServiceChanges,
  keyring: Keyring,
  now: number,
): ServiceResult | Problem {
  const service: Service = { ...defaultSettings, name, id: randomUUID(), accountId, createdAt: now };
  return changeService(service, { ...changes, name }, keyring);
}

export function changeService(current: Service, changes: ServiceChanges, keyring: Keyring): ServiceResult | Problem {
  const { config, configOf, messages, ...settings } = changes;
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  const changed = changedMessages(current.messages, messages ?? {});
  if (changed.kind === "problem") return changed;
  const service: Service = { ...current, ...given, messages: changed.messages };
  const wrong = problemOf(service);
  if (wrong !== undefined) return problem(wrong);
  const sealed = sealChanges(current, service, changes, keyring);
  if (sealed.kind === "problem") return sealed;
  const { sealedConfig, newSecret } = sealed;
  const warnings = [...messagesWarnings(service), ...routesWarnings(service), ...sendersWarnings(service)];
  return { kind: "service", service: { ...service, sealedConfig }, newSecret, warnings };
}

/** What is sealed stays untouched unless the change concerns it, so that the gateway keeps its connection. */
function sealChanges(
  current: Service,
  { id, provider }: Service,
  { config = {}, configOf }: ServiceChanges,
  keyring: Keyring,
): SealedSettings | Problem {
  const sameProvider = current.provider === provider;
  if (sameProvider && Object.keys(config).length === 0)
    return { kind: "sealed", sealedConfig: current.sealedConfig, newSecret: undefined };
  const kept = sameProvider ? current.sealedConfig : null;
  return sealSettings({ provider, given: config, givenFor: configOf, kept, context: id }, keyring);
}

/** `unknown`: there is no such account. */
export async function createService(
  { store, keyring }: Parts,
  accountId: string,
  name: string,
  changes: ServiceChanges,
): Promise<ServiceResult | Unknown | ArchivedAccount | MissingGateway | Problem> {
  const made = newService(accountId, name, changes, keyring, store.now());
  if (made.kind === "problem") return made;
  const created = await store.createService(made.service, (gateways) =>
    refusalOf(made.service, changes, gateways, keyring),
  );
  if (created === false) return { kind: "unknown" };
  if (created === "archived") return { kind: "archived_account" };
  return created === true ? made : created;
}

/** Changes only what is given, in the service as it is at that moment. */
export async function updateService(
  { store, keyring }: Parts,
  id: string,
  changes: ServiceChanges,
): Promise<ServiceResult | Unknown | MissingGateway | Problem> {
  const outcome = await store.updateService<ServiceResult | MissingGateway | Problem>(
    id.toLowerCase(),
    (before, gateways) => {
      const result = changeService(before, changes, keyring);
      if (result.kind === "problem") return { outcome: result };
      const refusal = refusalOf(result.service, changes, gateways, keyring);
      return refusal ? { outcome: refusal } : { outcome: result, save: result.service };
    },
  );
  return outcome ?? { kind: "unknown" };
}

/** No client knows an archived service; nothing of it is lost. Running servers follow within two seconds. */
export async function archiveService(
  { store }: Pick<Parts, "store">,
  id: string,
  isArchived: boolean,
): Promise<{ readonly kind: "service"; readonly service: Service } | Unknown> {
  const service = await store.archiveService(id.toLowerCase(), isArchived);
  return service ? { kind: "service", service } : { kind: "unknown" };
}

/** Checks only what is given: a gateway that a saved route names can't be removed, nor become one of another kind. */
function refusalOf(
  service: Service,
  { routes, sender, provider, messages }: ServiceChanges,
  gateways: GatewaysByName,
  keyring: Keyring,
): MissingGateway | Problem | undefined {
  for (const route of routes ?? []) {
    const gateway = route.gateways.find((name) => !gateways.has(name));
    if (gateway !== undefined) return { kind: "missing_gateway", route, gateway };
  }
  const given = [routes, sender, provider, messages?.dlt];
  if (given.every((each) => each === undefined)) return undefined;
  const wrong = sendersProblem(service, gateways, keyring);
  return wrong === undefined ? undefined : problem(wrong);
}

/** Checks that need more than one setting, or more than its table says. */
function problemOf(service: Service): string | undefined {
  const { name, brand, template } = service;
  const wrongName = nameProblem(name);
  if (wrongName !== undefined) return wrongName;
  const unsayable = brandProblem(brand ?? name);
  if (unsayable !== undefined)
    return brand === null ? `the name can't stand in messages (${unsayable}): give a brand as well` : unsayable;
  return (
    settingsProblem(service) ??
    countriesProblem(service.countries) ??
    countryBudgetsProblem(service.countryBudgets) ??
    (template === null ? undefined : templateProblem(template)) ??
    messagesProblem(service)
  );
}

function routesWarnings({ learnRoutes, routes }: Service): string[] {
  if (!learnRoutes || routes.some(({ gateways }) => gateways.length > 1)) return [];
  return ["learning has nothing to choose from: no route names two gateways"];
}
