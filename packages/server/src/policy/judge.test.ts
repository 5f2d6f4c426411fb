import assert from "node:assert/strict";
import { test } from "node:test";
import { serviceWith } from "@antryk/testkit/inputs/services";
import { getCountries, getCountryCallingCode } from "libphonenumber-js/max";
import type { Access } from "../model/account.ts";
import { type Judged, judge } from "./judge.ts";
import { Lists, noLists } from "./lists.ts";
import { classOf } from "./number-plan.ts";
import { noStanding, type Standing } from "./standing.ts";

const perMinute = (count: number) => ({ count, windowMs: 60_000 });
const service = serviceWith({
  serviceLimits: [perMinute(1), perMinute(2)],
  clientLimits: [perMinute(3)],
  newPrefixLimits: [],
});
const { accountId } = service;
const access: Access = { accountId, secretHash: Buffer.alloc(32), accountLimits: [perMinute(4)], recipientLimits: [] };
const message: Judged = {
  operation: "send-otp",
  access,
  service,
  to: "+919876543210",
  subject: "1234",
  client: { address: "203.0.113.7", networks: ["203.0.113.0/24"] },
  named: {},
  standing: noStanding,
  lists: noLists,
  now: 0,
};

test("a message is charged to every limit of its service, its account and its client", () => {
  assert.deepEqual(judge(message), {
    kind: "allowed",
    charges: [
      { scope: "service", subject: service.id, limit: perMinute(1) },
      { scope: "service", subject: service.id, limit: perMinute(2) },
      { scope: "account", subject: accountId, limit: perMinute(4) },
      { scope: "client", subject: `${service.id} 203.0.113.7`, limit: perMinute(3) },
    ],
    unjudged: [],
    suspicion: undefined,
  });
});

test("a country and a prefix of a service have counts of their own", () => {
  const limited = { ...service, serviceLimits: [], countryLimits: [perMinute(5)], prefixLimits: [perMinute(6)] };
  const subjects = (to: string) => {
    const verdict = judge({ ...message, to, service: limited, client: undefined });
    assert.ok(verdict.kind === "allowed");
    return verdict.charges.map(({ scope, subject }) => `${scope} ${subject.replace(service.id, "S")}`).slice(1);
  };
  assert.deepEqual(subjects("+919876543210"), ["prefix S +91987654", "country S IN"]);
  assert.deepEqual(subjects("+18762101234"), ["prefix S +1876210", "country S JM"]);
  assert.deepEqual(subjects("+44712345678"), ["prefix S +4471234", "country S +44"], "of no plan yet");
});

test("a client that is not known is charged to nothing", () => {
  const verdict = judge({ ...message, client: undefined });
  assert.ok(verdict.kind === "allowed");
  assert.deepEqual(
    verdict.charges.map(({ scope }) => scope),
    ["service", "service", "account"],
  );
  assert.deepEqual(verdict.unjudged, ["client"]);
});

/** The counters of a message by scope and subject, without ids. */
function countersOf(more: Partial<Judged>): string[] {
  const verdict = judge({ ...message, ...more });
  assert.ok(verdict.kind === "allowed");
  return verdict.charges.map(({ scope, subject, limit: { count }, open }) => {
    const place = subject.replace(service.id, "S").replace(accountId, "A");
    return `${scope} ${place} ${open === undefined ? count : `${open} of ${count}`}`;
  });
}

const bare = { ...service, serviceLimits: [], clientLimits: [] };
const noAccountLimits = { ...access, accountLimits: [] };

test("wider networks of the client have counts of their own", () => {
  const client = { address: "2001:db8::/64", networks: ["2001:db8::/56", "2001:db8::/48"] };
  const limited = { ...bare, networkLimits: [perMinute(7)] };
  assert.deepEqual(countersOf({ access: noAccountLimits, service: limited, client }), [
    "network S 2001:db8::/56 7",
    "network S 2001:db8::/48 7",
  ]);
});

test("keys of the caller's own are counted by name and value; a key that is missing is told", () => {
  const limited = { ...bare, namedLimits: { user: [perMinute(8)], device: [perMinute(9)] } };
  const named = { user: "u1", other: "x" };
  assert.deepEqual(countersOf({ access: noAccountLimits, service: limited, named }), ["named S user u1 8"]);
  const verdict = judge({ ...message, service: limited, named });
  assert.ok(verdict.kind === "allowed");
  assert.deepEqual(verdict.unjudged, ["named"]);
});

test("a recipient is counted over the services of an account", () => {
  const shared = { ...noAccountLimits, recipientLimits: [perMinute(20)] };
  assert.deepEqual(countersOf({ access: shared, service: bare }), ["recipient A 1234 20"]);
});

const proven = (...prefixes: string[]): Standing => ({
  isProven: (id, prefix) => id === service.id && prefixes.includes(prefix),
  hasProven: (id) => id === service.id && prefixes.length > 0,
  state: () => undefined,
  newcomers: () => 1,
  isFailing: () => false,
});

test("a prefix that never verified has a count of its own", () => {
  const limited = { ...bare, newPrefixLimits: [perMinute(100)] };
  assert.deepEqual(countersOf({ access: noAccountLimits, service: limited }), ["new_prefix S +91987654 100"]);
  const standing = proven("+91987654");
  assert.deepEqual(countersOf({ access: noAccountLimits, service: limited, standing }), []);
});

test("a large shared limit keeps its last fifth for proven prefixes, once there are some", () => {
  const limited = { ...bare, serviceLimits: [perMinute(2_000), perMinute(99)] };
  const large = { ...access, accountLimits: [perMinute(101)] };
  const counters = (standing: Standing) => countersOf({ access: large, service: limited, standing });
  const whole = ["service S 2000", "service S 99", "account A 101"];
  assert.deepEqual(counters(noStanding), whole, "nothing is proven: all of it is open");
  assert.deepEqual(counters(proven("+91987654")), whole);
  assert.deepEqual(counters(proven("+1201555")), ["service S 1600 of 2000", "service S 99", "account A 81 of 101"]);
});

test("without limits there is nothing to charge", () => {
  const unlimited = { ...service, serviceLimits: [], clientLimits: [] };
  const verdict = judge({
    ...message,
    service: unlimited,
    access: { ...access, accountLimits: [], recipientLimits: [] },
  });
  assert.deepEqual(verdict, { kind: "allowed", charges: [], unjudged: [], suspicion: undefined });
});

test("a resend is not judged by the kind of number again", () => {
  const satellite = { ...message, to: "+881612345678" };
  assert.deepEqual(judge(satellite), {
    kind: "refused",
    reason: "number_type",
    retryAfterMs: undefined,
    suspicion: undefined,
  });
  assert.equal(judge({ ...satellite, operation: "resend-otp" }).kind, "allowed");
});

test("a service for some countries sends to numbers of those alone, by region and not by calling code", () => {
  const to = (number: string, ...countries: string[]) => {
    const verdict = judge({ ...message, to: number, service: { ...service, countries } });
    return verdict.kind === "refused" ? verdict.reason : verdict.kind;
  };
  for (const [number, countries, expected] of [
    ["+12015550123", ["US"], "allowed"],
    ["+12015550123", ["CA"], "country"],
    // Jamaica, Canada and the Bahamas share the calling code of the United States.
    ["+18762101234", ["US"], "country"],
    ["+18762101234", ["US", "JM"], "allowed"],
    ["+15062345678", ["US"], "country"],
    ["+77710009998", ["RU"], "country"],
    ["+77710009998", ["KZ"], "allowed"],
    // Jersey's mobiles are in no plan of the United Kingdom.
    ["+447797712345", ["GB"], "country"],
    ["+447400123456", ["GB"], "allowed"],
    // In the plans of Finland and of the Åland Islands.
    ["+358412345678", ["FI"], "allowed"],
    // Special numbers are refused as such, whatever is allowed.
    ["+12425000000", ["US"], "country"],
    ["+19002345678", ["US"], "number_type"],
    ["+881612345678", ["US"], "number_type"],
  ] as const)
    assert.equal(to(number, ...countries), expected, `${number} for ${countries}`);
  assert.equal(judge({ ...message, to: "+18762101234", service: { ...service, countries: null } }).kind, "allowed");
});

test("a possible number of no plan needs every region of its calling code", () => {
  const shared = getCountries().filter((country) => getCountryCallingCode(country) === "44");
  const reason = (to: string, countries: readonly string[]) => {
    const verdict = judge({ ...message, to, service: { ...service, countries } });
    return verdict.kind === "refused" ? verdict.reason : undefined;
  };
  const number = "+44712345678";
  assert.equal(classOf(number).kind, "unknown");
  assert.equal(reason(number, ["GB"]), "country");
  assert.equal(reason(number, shared), undefined);
});

test("a resend of a code that was sent is not judged by countries again", () => {
  const elsewhere = { ...service, countries: ["US"] };
  assert.equal(judge({ ...message, service: elsewhere }).kind, "refused");
  assert.equal(judge({ ...message, service: elsewhere, operation: "resend-otp" }).kind, "allowed");
});

test("the lists decide by the entry that matches most of the number, and the one that allows wins", () => {
  const other = "9c1b7e0e-1d2f-4a63-8b5c-0e6b1d0f3a99";
  const entry = (list: "block" | "allow", match: string, more: { serviceId?: string; until?: number } = {}) => ({
    list,
    match,
    serviceId: null,
    until: null,
    ...more,
  });
  const lists = new Lists([
    entry("block", "+9198"),
    entry("allow", "+919876"),
    entry("block", "+919876543211"),
    entry("allow", "+1876"),
    entry("allow", "+19002345678"),
    entry("block", "+44", { until: 1_000 }),
    entry("block", "+49", { serviceId: other }),
    entry("block", "+4915", { serviceId: service.id }),
    entry("block", "+33"),
    entry("allow", "+33"),
  ]);
  const says = (to: string, now = 0, more: Partial<Judged> = {}) => {
    const verdict = judge({ ...message, to, lists, now, service: { ...service, countries: null }, ...more });
    return verdict.kind === "refused" ? verdict.reason : verdict.kind;
  };
  const abroad = { service: { ...service, countries: ["US"] } };
  assert.equal(says("+919812345678"), "block_list");
  assert.equal(says("+919876543210"), "allowed");
  assert.equal(says("+919876543210", 0, abroad), "allowed", "an allowed number is sent to in any country");
  assert.equal(says("+919876543211"), "block_list");
  assert.equal(says("+919776543211", 0, abroad), "country");
  assert.equal(says("+19002345678"), "number_type", "special types are never sent to");
  assert.equal(says("+447400123456", 999), "block_list");
  assert.equal(says("+447400123456", 1_000), "allowed");
  assert.equal(says("+4930123456"), "allowed", "another service's entry");
  assert.equal(says("+4915123456789"), "block_list");
  assert.equal(says("+33612345678"), "allowed");
  const resend = { operation: "resend-otp" as const };
  assert.equal(says("+919812345678", 0, resend), "block_list", "a resend is judged by the lists");
  assert.equal(says("+919776543211", 0, { ...abroad, ...resend }), "allowed");
});
