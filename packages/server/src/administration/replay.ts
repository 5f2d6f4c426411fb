/**
 * What other rules would have done to a service's messages of the last days. It asks the policy itself, in the order in
 * which the messages went, and sends and changes nothing. Clients' networks are not kept with old verifications: rules
 * that go by them are left out.
 */
import type { Found } from "../model/search.ts";
import type { Service } from "../model/service.ts";
import type { VerificationRecord } from "../model/verification.ts";
import { createLog } from "../observe/log.ts";
import { regionsOf } from "../policy/budgets.ts";
import { judge } from "../policy/judge.ts";
import { Lists } from "../policy/lists.ts";
import { classOf } from "../policy/number-plan.ts";
import { Prices } from "../policy/prices.ts";
import { dialledSpelling } from "../policy/spellings.ts";
import { recipientKey } from "../verification/recipient-key.ts";
import { Traffic } from "../verification/traffic.ts";
import { type Problem, problem, type Unknown } from "./outcomes.ts";
import type { Parts } from "./parts.ts";
import { ReplayedCounts } from "./replayed-counts.ts";
import { changeService, type ServiceChanges } from "./services.ts";
import { serviceSettings } from "./settings/service.ts";

export interface ReplayReport {
  readonly kind: "replayed";
  readonly sends: number;
  /** Of those, how many were verified. */
  readonly verified: number;
  /** What would have been refused, by reason and rule; the first rule that refuses counts. */
  readonly refused: readonly RefusedBy[];
  /** Micros that the refused messages cost at one segment each, as far as prices are known. */
  readonly savedMicros: number;
  readonly currency: string | undefined;
  /** There were more messages than are looked at: these are the newest. */
  readonly isPart: boolean;
}

export interface RefusedBy {
  readonly rule: string;
  readonly sends: number;
  /** Users among them: they typed the right code. */
  readonly verified: number;
}

const pageSize = 500;
const mostReplayed = 500_000;

/** `rules`: texts by the names of settings, as `antryk service update` takes them behind its flags. */
export async function replay(
  parts: Parts,
  serviceId: string,
  sinceMs: number,
  rules: Readonly<Record<string, string>>,
): Promise<ReplayReport | Unknown | Problem> {
  const { store, keyring } = parts;
  const before = (await store.listServices(undefined)).find(({ id }) => id === serviceId.toLowerCase());
  if (!before) return { kind: "unknown" };
  const changes = changesOf(rules);
  if ("kind" in changes) return changes;
  const changed = changeService(before, changes, keyring);
  if (changed.kind === "problem") return changed;
  const { sent, isPart } = await sentBy(parts, before, store.now() - sinceMs);
  return { ...(await replayed(parts, changed.service, sent)), isPart };
}

function changesOf(rules: Readonly<Record<string, string>>): ServiceChanges | Problem {
  let changes: ServiceChanges = {};
  for (const [name, text] of Object.entries(rules)) {
    const setting = serviceSettings.find(({ flag }) => flag === name);
    if (!setting) return problem(`there is no setting ${name}: antryk service update --help names them`);
    const reading = setting.read(text, undefined);
    if (reading.kind === "problem") return problem(`${name}: ${reading.message}`);
    const next = setting.put(reading.value, changes);
    if ("kind" in next) return next;
    changes = next;
  }
  return changes;
}

/** The service's verifications since then, the oldest first; nothing was sent to test numbers. */
async function sentBy(
  { store }: Parts,
  { id, accountId }: Service,
  since: number,
): Promise<{ sent: VerificationRecord[]; isPart: boolean }> {
  const isSent = (found: Found) =>
    found.kind === "verification" && found.record.serviceId === id && !found.record.isTest ? [found.record] : [];
  const sent: VerificationRecord[] = [];
  let before: string | undefined;
  do {
    const page = await store.search({ accountId, since, before, limit: pageSize });
    sent.push(...page.found.flatMap(isSent));
    before = page.next;
  } while (before !== undefined && sent.length < mostReplayed);
  return { sent: sent.sort((a, b) => a.createdAt - b.createdAt), isPart: before !== undefined };
}

async function replayed(
  { store, keyring }: Parts,
  service: Service,
  sent: readonly VerificationRecord[],
): Promise<Omit<ReplayReport, "isPart">> {
  const account = (await store.listAccounts()).find(({ id }) => id === service.accountId);
  const lists = new Lists(await store.listEntries());
  const prices = new Prices(await store.listPrices(service.accountId));
  let now = 0;
  const nothing = { noteTraffic: async () => undefined, trafficSince: async () => undefined, now: () => now };
  const traffic = new Traffic({ store: nothing, log: createLog("silent") });
  const counts = new ReplayedCounts(service.accountId);
  const access = {
    accountId: service.accountId,
    secretHash: Buffer.alloc(32),
    accountLimits: account?.limits ?? [],
    recipientLimits: [],
  };
  const refused = new Map<string, { sends: number; verified: number }>();
  let savedMicros = 0;
  const refuse = (rule: string, record: VerificationRecord) => {
    const sums = refused.get(rule) ?? { sends: 0, verified: 0 };
    refused.set(rule, sums);
    sums.sends += 1;
    if (record.status === "verified") sums.verified += 1;
    for (const { gateway, outcome } of record.deliveries)
      if (outcome !== "refused")
        savedMicros += prices.find(regionsOf(classOf(record.recipient)), gateway) ?? account?.defaultPriceMicros ?? 0;
  };
  const verified = verifiedInOrder(sent);
  const allowed = new Set<string>();
  const learnUntil = (at: number) => {
    for (let next = verified.at(-1); next && (next.endedAt ?? 0) < at; next = verified.at(-1)) {
      verified.pop();
      now = next.endedAt ?? now;
      if (allowed.delete(next.verificationId)) traffic.verified(service.id, next.recipient, undefined);
    }
    now = at;
  };
  for (const record of sent) {
    learnUntil(record.createdAt);
    const key = recipientKey(keyring, service, record.recipient);
    const to = dialledSpelling(record.recipient);
    const verdict = judge({
      operation: "send-otp",
      access,
      service,
      to,
      subject: String(key.hash),
      client: undefined,
      named: {},
      standing: traffic,
      lists,
      now,
    });
    if (verdict.suspicion) traffic.block(service.id, record.recipient, verdict.suspicion);
    if (verdict.kind === "refused") {
      refuse(verdict.suspicion ? `guard ${verdict.suspicion.rule}` : verdict.reason, record);
      continue;
    }
    const limit = counts.take(verdict.charges, now);
    if (limit) refuse(`limit ${limit}`, record);
    else {
      allowed.add(record.verificationId);
      traffic.sent(service.id, record.recipient, undefined);
    }
  }
  return {
    kind: "replayed",
    sends: sent.length,
    verified: sent.filter(({ status }) => status === "verified").length,
    refused: [...refused].map(([rule, sums]) => ({ rule, ...sums })).sort((a, b) => b.sends - a.sends),
    savedMicros,
    currency: account?.currency,
  };
}

/** The newest first, so that the next one is the last. */
function verifiedInOrder(sent: readonly VerificationRecord[]): VerificationRecord[] {
  return sent
    .filter(({ status, endedAt }) => status === "verified" && endedAt !== null)
    .sort((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0));
}
