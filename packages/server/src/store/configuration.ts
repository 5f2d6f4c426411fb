/**
 * What operators set, over any engine's documents. A change is committed only if the generation is still the one that
 * it has read. So all operators' changes are in one order, and none is lost or decided from old data.
 */
import { defaults, type WindowLimit } from "@antryk/contract";
import type { Access, Account } from "../model/account.ts";
import { StoreUnavailable } from "../model/errors.ts";
import { defaultGateway, type GatewayRecord } from "../model/gateway.ts";
import type { SharedLimit } from "../model/limits.ts";
import type { AccountMoney } from "../model/price.ts";
import { defaultSettings, plainMessages, type Service } from "../model/service.ts";
import type { DocumentChange, Documents, Engine, StoredDocument } from "./engine.ts";
import type { AccountStore, GatewaysByName, InCurrency, MoneyChanges, StoredAccountChanges } from "./ports/accounts.ts";
import type { GatewayRemoval, GatewayStore } from "./ports/gateways.ts";

/** The limits of many recipients together that a document sets, and for which account; what a client's, a country's or a prefix's is counted by is left out. */
export function sharedLimitsIn(
  document: Pick<StoredDocument, "kind" | "id" | "accountId" | "body">,
): readonly (SharedLimit & { readonly accountId: string })[] {
  const { kind, id: subject } = document;
  const of = (accountId: string, scope: SharedLimit["scope"], limits: readonly WindowLimit[]) =>
    limits.map((limit) => ({ accountId, scope, subject, limit }));
  if (kind === "account") {
    const {
      limits,
      recipientLimits = defaults.accountRecipientLimits,
      budgets = [],
      countryBudgets = {},
    } = toAccount({
      ...document,
      version: 1,
      createdAt: 0,
    });
    return [
      ...of(subject, "account", limits),
      ...of(subject, "recipient", recipientLimits),
      ...of(subject, "budget", budgets),
      ...Object.values(countryBudgets).flatMap((each) => of(subject, "budget", each)),
    ];
  }
  if (kind !== "service") return [];
  const service = toService({ ...document, version: 1, createdAt: 0 });
  const { accountId } = service;
  return [
    ...of(accountId, "service", service.serviceLimits),
    ...of(accountId, "client", service.clientLimits),
    ...of(accountId, "network", service.networkLimits),
    ...of(accountId, "guesses", service.guessLimits),
    ...of(accountId, "country", service.countryLimits),
    ...of(accountId, "prefix", service.prefixLimits),
    ...of(accountId, "new_prefix", service.newPrefixLimits),
    ...Object.values(service.namedLimits).flatMap((limits) => of(accountId, "named", limits)),
    ...of(accountId, "budget", service.budgets),
    ...Object.values(service.countryBudgets).flatMap((each) => of(accountId, "budget", each)),
  ];
}

interface KeyBody {
  /** SHA-256 of the secret key, base64url. */
  readonly secretHash: string;
  readonly revokedAt: number | null;
  readonly name?: string | undefined;
}

/** What an account's prices are kept as. */
export const pricesKind = "prices";

/** A key's last use is written at most once in this time, ms: a minute. */
export const usesRestMs = 60_000;

/** How often a change is decided again because another came first: more often than operators can cause. */
const mostRounds = 200;

export function configurationOver(engine: Engine): AccountStore & GatewayStore {
  const { documents } = engine;
  const accounts = async () => (await documents.list("account")).map(toAccount);
  const services = async () => (await documents.list("service")).map(toService);
  const gateways = async () => (await documents.list("gateway")).map(toGateway);
  const gatewaysByName = async () => new Map((await gateways()).map((gateway) => [gateway.name, gateway]));
  /** Whether an account can be given more: `true`, or why not. */
  const isOpen = async (id: string): Promise<boolean | "archived"> => {
    const account = await documents.get("account", id);
    return account !== undefined && (toAccount(account).archivedAt === undefined || "archived");
  };
  return {
    generation: () => documents.generation(),
    createFirstAccount: ({ account, key, service }) =>
      change(documents, async () => {
        if ((await documents.list("account")).length > 0) return { outcome: false };
        const keyBody = keyDocument({ ...key, accountId: account.id, createdAt: account.createdAt });
        const services = service ? [serviceDocument(service)] : [];
        return { outcome: true, changes: [accountDocument(account), keyBody, ...services] };
      }),
    createAccount: (account) =>
      change(documents, async () => ({ outcome: undefined, changes: [accountDocument(account)] })),
    updateAccount: <Refusal>(
      id: string,
      changes: StoredAccountChanges,
      refuse?: (before: Account, after: Account, also: InCurrency) => Refusal | undefined,
    ) =>
      change<Account | Refusal | undefined>(documents, async () => {
        const found = await documents.get("account", id);
        if (!found) return { outcome: undefined };
        const before = toAccount(found);
        const { name = before.name, limits = before.limits, recipientLimits, isArchived } = changes;
        const own = recipientLimits === undefined ? {} : { recipientLimits };
        const changed = { ...before, name, limits, ...own, ...changedMoney(changes.money) };
        const account = archived(changed, isArchived, engine.now());
        const also = async () => ({
          hasPrices: (await documents.get(pricesKind, id)) !== undefined,
          services: (await services()).filter(({ accountId }) => accountId === id),
        });
        const refusal = changes.money && refuse?.(before, account, await also());
        if (refusal !== undefined) return { outcome: refusal };
        return { outcome: account, changes: [accountDocument(account)] };
      }),
    listAccounts: accounts,
    createAccessKey: (accountId, accessKey, secretHash, name) =>
      change<boolean | "archived">(documents, async () => {
        const open = await isOpen(accountId);
        if (open !== true) return { outcome: open };
        return {
          outcome: true,
          changes: [keyDocument({ accountId, accessKey, secretHash, createdAt: engine.now(), name })],
        };
      }),
    listAccessKeys: async (accountId) => {
      const used = await engine.keyUses.all();
      const keys = (await documents.list("key")).map(({ id, accountId: owner, createdAt, body }) => {
        const { revokedAt, name = null } = JSON.parse(body) as KeyBody;
        const lastUsedAt = used.get(id) ?? null;
        return { accessKey: id, accountId: owner ?? "", name, createdAt, revokedAt, lastUsedAt };
      });
      return keys.filter((key) => accountId === undefined || key.accountId === accountId);
    },
    noteKeyUses: async (uses) => {
      if (uses.length > 0) await engine.keyUses.note(uses, usesRestMs);
    },
    revokeAccessKey: (accessKey) =>
      change(documents, async () => {
        const found = await documents.get("key", accessKey);
        if (!found) return { outcome: false };
        const body = JSON.parse(found.body) as KeyBody;
        if (body.revokedAt !== null) return { outcome: true };
        const revoked = JSON.stringify({ ...body, revokedAt: engine.now() });
        return { outcome: true, changes: [{ ...found, body: revoked }] };
      }),
    findAccess: async (accessKey) => {
      const key = await documents.get("key", accessKey);
      if (!key?.accountId) return undefined;
      const { secretHash, revokedAt } = JSON.parse(key.body) as KeyBody;
      const account = revokedAt === null ? await documents.get("account", key.accountId) : undefined;
      if (!account) return undefined;
      const { accountId } = key;
      const {
        limits: accountLimits,
        recipientLimits = defaults.accountRecipientLimits,
        archivedAt,
        ...money
      } = toAccount(account);
      if (archivedAt !== undefined) return undefined;
      // With one service its own limit of a recipient is the smaller one: nothing needs to be counted twice.
      const isShared = (await services()).filter((service) => service.accountId === accountId).length > 1;
      return {
        accountId,
        secretHash: Buffer.from(secretHash, "base64url"),
        accountLimits,
        recipientLimits: isShared ? recipientLimits : [],
        ...spendingOf(money),
      };
    },
    createService: <Refusal>(service: Service, refuse?: (gateways: GatewaysByName) => Refusal | undefined) =>
      change<boolean | "archived" | Refusal>(documents, async () => {
        const open = await isOpen(service.accountId);
        if (open !== true) return { outcome: open };
        const refusal = refuse?.(await gatewaysByName());
        return refusal !== undefined ? { outcome: refusal } : { outcome: true, changes: [serviceDocument(service)] };
      }),
    updateService: (id, update) =>
      change(documents, async () => {
        const found = await documents.get("service", id);
        if (!found) return { outcome: undefined };
        const before = toService(found);
        const { outcome, save } = update(before, await gatewaysByName());
        if (!save) return { outcome };
        const { accountId, createdAt, archivedAt } = before;
        const service = { ...save, id, accountId, createdAt, ...(archivedAt === undefined ? {} : { archivedAt }) };
        return { outcome, changes: [serviceDocument(service)] };
      }),
    archiveService: (id, isArchived) =>
      change<Service | undefined>(documents, async () => {
        const found = await documents.get("service", id);
        if (!found) return { outcome: undefined };
        const service = archived(toService(found), isArchived, engine.now());
        return { outcome: service, changes: [serviceDocument(service)] };
      }),
    listServices: async (accountId) =>
      (await services()).filter((service) => accountId === undefined || service.accountId === accountId),
    findService: async (id) => {
      const found = await documents.get("service", id);
      return found && toService(found);
    },
    createGateway: (gateway) =>
      change(documents, async () => {
        if (await documents.get("gateway", gateway.name)) return { outcome: false };
        return { outcome: true, changes: [gatewayDocument(gateway)] };
      }),
    updateGateway: (name, update) =>
      change(documents, async () => {
        const found = await documents.get("gateway", name);
        if (!found) return { outcome: undefined };
        const before = toGateway(found);
        const { outcome, save } = update(before, await services());
        if (!save) return { outcome };
        return { outcome, changes: [gatewayDocument({ ...save, id: before.id, name, createdAt: before.createdAt })] };
      }),
    removeGateway: (name) =>
      change<GatewayRemoval>(documents, async () => {
        const found = await documents.get("gateway", name);
        if (!found) return { outcome: { kind: "unknown" } };
        const users = (await services()).filter(({ routes }) => routes.some(({ gateways }) => gateways.includes(name)));
        if (users.length > 0) return { outcome: { kind: "in_use", serviceIds: users.map(({ id }) => id) } };
        return { outcome: { kind: "removed" }, changes: [{ ...found, body: null }] };
      }),
    findGateway: async (name) => {
      const found = await documents.get("gateway", name);
      return found && toGateway(found);
    },
    listGateways: async () => (await gateways()).sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

function changedMoney(changes: MoneyChanges = {}): AccountMoney {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, value ?? undefined]));
}

function spendingOf({
  currency,
  defaultPriceMicros,
  budgets = [],
  countryBudgets = {},
}: AccountMoney): Pick<Access, "spending"> {
  return currency === undefined ? {} : { spending: { currency, defaultPriceMicros, budgets, countryBudgets } };
}

/** `isArchived` undefined: as it is. */
function archived<Thing extends { readonly archivedAt?: number }>(
  thing: Thing,
  isArchived: boolean | undefined,
  now: number,
): Thing {
  if (isArchived === undefined || isArchived === (thing.archivedAt !== undefined)) return thing;
  const { archivedAt, ...open } = thing;
  return { ...open, ...(isArchived ? { archivedAt: now } : {}) } as Thing;
}

interface Change<Outcome> {
  readonly outcome: Outcome;
  /** `undefined`: nothing is committed. */
  readonly changes?: readonly DocumentChange[];
}

/** `decide` reads what it needs; it runs again if anything was changed meanwhile. */
export async function change<Outcome>(documents: Documents, decide: () => Promise<Change<Outcome>>): Promise<Outcome> {
  for (let round = 0; round < mostRounds; round += 1) {
    const generation = await documents.generation();
    const { outcome, changes } = await decide();
    if (!changes || (await documents.commit(generation, changes))) return outcome;
  }
  throw new StoreUnavailable("other changes of the configuration kept coming first");
}

function accountDocument({ id, createdAt, ...settings }: Account): DocumentChange {
  return { kind: "account", id, accountId: null, createdAt, body: JSON.stringify(settings) };
}

export function toAccount({ id, createdAt, body }: StoredDocument): Account {
  return { ...(JSON.parse(body) as Omit<Account, "id" | "createdAt">), id, createdAt };
}

interface NewKey {
  readonly accountId: string;
  readonly accessKey: string;
  readonly secretHash: Buffer;
  readonly createdAt: number;
  readonly name?: string | undefined;
}

function keyDocument({ accountId, accessKey, secretHash, createdAt, name }: NewKey): DocumentChange {
  const body: KeyBody = { secretHash: secretHash.toString("base64url"), revokedAt: null, name };
  return { kind: "key", id: accessKey, accountId, createdAt, body: JSON.stringify(body) };
}

function serviceDocument({ id, accountId, createdAt, ...settings }: Service): DocumentChange {
  return { kind: "service", id, accountId, createdAt, body: JSON.stringify(settings) };
}

function toService({ id, accountId, createdAt, body }: StoredDocument): Service {
  const settings = { ...defaultSettings, ...(JSON.parse(body) as Service) };
  const messages = { ...plainMessages, ...settings.messages };
  return { ...settings, messages, id, accountId: accountId ?? "", createdAt };
}

function gatewayDocument({ name, createdAt, ...settings }: GatewayRecord): DocumentChange {
  return { kind: "gateway", id: name, accountId: null, createdAt, body: JSON.stringify(settings) };
}

export function toGateway({ id: name, createdAt, body }: StoredDocument): GatewayRecord {
  return { ...defaultGateway, ...(JSON.parse(body) as Omit<GatewayRecord, "name" | "createdAt">), name, createdAt };
}
