/** How what operators set is shown, by every surface. No secret is in it. */
import { defaults } from "@antryk/contract";
import type { AccessKey, Account } from "../model/account.ts";
import type { GatewayRecord } from "../model/gateway.ts";
import { faded } from "../model/score.ts";
import type { Service } from "../model/service.ts";
import { formatLimits } from "../policy/limit-notation.ts";
import { formatBudgets, formatCountryBudgets, formatMicros } from "../policy/money-notation.ts";
import type { Store } from "../store/port.ts";
import { shownSettings } from "./settings/service.ts";

export function shownAccount({
  id,
  name,
  limits,
  recipientLimits = defaults.accountRecipientLimits,
  currency,
  defaultPriceMicros,
  budgets = [],
  countryBudgets = {},
  createdAt,
  archivedAt,
}: Account) {
  return {
    accountId: id,
    name,
    limit: formatLimits(limits),
    recipientLimit: formatLimits(recipientLimits),
    currency: currency ?? null,
    defaultPrice: defaultPriceMicros === undefined ? null : formatMicros(defaultPriceMicros),
    budget: formatBudgets(budgets),
    countryBudget: formatCountryBudgets(countryBudgets),
    createdAt: timeText(createdAt),
    archivedAt: timeOrNull(archivedAt),
  };
}

export function shownKey({ accessKey, accountId, name, createdAt, revokedAt, lastUsedAt }: AccessKey) {
  return {
    accessKey,
    accountId,
    name,
    createdAt: timeText(createdAt),
    lastUsedAt: timeOrNull(lastUsedAt),
    revokedAt: timeOrNull(revokedAt),
  };
}

/** `settings`: each by its name. */
export interface ShownService {
  readonly serviceId: string;
  readonly accountId: string;
  readonly provider: string;
  readonly createdAt: string;
  readonly archivedAt: string | null;
  readonly [setting: string]: unknown;
}

/** Without their codes. `now`: Unix ms. */
export function shownTestNumbers({ testNumbers }: Service, now: number) {
  return testNumbers.map(({ number, until }) => ({ number, until: timeText(until), hasEnded: now >= until }));
}

export function shownService(service: Service): ShownService {
  const { id, accountId, provider, createdAt, archivedAt, testNumbers } = service;
  return {
    serviceId: id,
    accountId,
    ...shownSettings(service),
    testNumbers: testNumbers.map(({ number, until }) => `${number} until ${timeText(until)}`),
    provider,
    createdAt: timeText(createdAt),
    archivedAt: timeOrNull(archivedAt),
  };
}

/** What a service's routes have learned, by country and gateway, as of now. */
export async function shownScores(store: Store, serviceId: string): Promise<Readonly<Record<string, string>>> {
  const now = store.now();
  const scores = (await store.gatewayScores(serviceId)).map((score) => {
    const { sent, verified } = faded(score, now);
    const share = sent < 0.5 ? "nothing recent" : `${Math.round((100 * Math.min(verified, sent)) / sent)} %`;
    return [`+${score.callingCode} ${score.gateway}`, `${share} (${Math.round(verified)} of ${Math.round(sent)})`];
  });
  return Object.fromEntries(scores);
}

/** `publicUrl`: where gateways can reach the server, without a slash at its end; undefined: they can't. */
export function shownGateway(
  { name, provider, enabled, maxConcurrent, maxPerSecond, receiptToken }: GatewayRecord,
  publicUrl: string | undefined,
) {
  const receiptUrl = publicUrl === undefined ? null : `${publicUrl}/receipts/${provider}/${receiptToken}`;
  return { name, provider, enabled, maxConcurrent, maxPerSecond, receiptUrl };
}

function timeOrNull(unixMs: number | null | undefined): string | null {
  return unixMs == null ? null : timeText(unixMs);
}

function timeText(unixMs: number): string {
  return new Date(unixMs).toISOString();
}
