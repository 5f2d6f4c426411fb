/** Prices that gateways report, and what is told of unknown ones; all else is tested over HTTP. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { serviceWith } from "@antryk/testkit/inputs/services";
import type { DeliveryOutcome, DeliveryPlan } from "../delivery/deliver.ts";
import { createLog } from "../observe/log.ts";
import { noLists } from "../policy/lists.ts";
import { Prices } from "../policy/prices.ts";
import type { VerificationRequest } from "./request.ts";
import { type Estimate, Spending } from "./spending.ts";

const service = serviceWith({ budgets: [{ count: 10_000_000, windowMs: 3_600_000 }] });
const plan: DeliveryPlan = {
  gateways: ["tw", "ib"].map((name) => ({ name, gateway: { send: () => ({ outcome: "accepted" }) } })),
  failoverOnTimeout: false,
};
const to = "+919876543210";

function requestWith(prices: Prices, defaultPriceMicros?: number): VerificationRequest {
  const { accountId } = service;
  const spending = { currency: "EUR", defaultPriceMicros, budgets: [], countryBudgets: {} };
  const access = { accountId, secretHash: Buffer.alloc(32), accountLimits: [], recipientLimits: [], spending };
  const none = { client: undefined, named: {}, metadata: "", locale: undefined, idempotency: undefined };
  return { access, service, channel: "sms", to, lists: noLists, prices, ...none };
}

const accepted = (gateway: string, amount?: string, currency = "EUR"): DeliveryOutcome => ({
  kind: "accepted",
  attempts: [{ at: "", operation: "send-otp", gateway, outcome: "accepted", durationMs: 0 }],
  messages: [],
  price: amount === undefined ? undefined : { amount, currency },
});

const table = new Prices([
  { country: "IN", gateway: "tw", micros: 20_000 },
  { country: "*", gateway: "ib", micros: 50_000 },
]);

function rig() {
  const lines: { event: string; country?: string; gateway?: string }[] = [];
  const spent: [string, string, number][] = [];
  let now = 1_000;
  const spending = new Spending({
    log: createLog("info", { write: (line) => lines.push(JSON.parse(line)) }),
    now: () => now,
    onSpent: (...each) => spent.push(each),
  });
  const estimate = (request = requestWith(table)): Estimate => {
    const made = spending.estimate(request, to, plan);
    assert.ok(made);
    return made;
  };
  const advance = (ms: number) => {
    now += ms;
  };
  return { spending, estimate, lines, spent, advance };
}

const reserved = ({ charges }: Estimate) => charges.map(({ cost }) => cost);

test("the dearest gateway is reserved, and the one that took it is spent", () => {
  const { spending, estimate, spent } = rig();
  const made = estimate();
  assert.deepEqual(reserved(made), [50_000]);
  assert.equal(spending.spent(made, accepted("tw")), 20_000);
  assert.equal(spending.spent(made, accepted("ib")), 50_000);
  assert.deepEqual(spent, [
    ["EUR", "tw", 20_000],
    ["EUR", "ib", 50_000],
  ]);
  const firstIsDearest = new Prices([
    { country: "IN", gateway: "tw", micros: 90_000 },
    { country: "*", gateway: "ib", micros: 50_000 },
  ]);
  assert.deepEqual(reserved(estimate(requestWith(firstIsDearest))), [90_000]);
});

test("a price that the gateway reports wins, and is what the next message is reckoned with", () => {
  const { spending, estimate } = rig();
  assert.equal(spending.spent(estimate(), accepted("ib", "-0.0301")), 30_100);
  assert.deepEqual(reserved(estimate()), [30_100]);
  assert.equal(spending.spent(estimate(), accepted("ib")), 30_100);
});

test("a price in another currency, or none that can be read, is not taken", () => {
  const { spending, estimate } = rig();
  assert.equal(spending.spent(estimate(), accepted("ib", "0.01", "USD")), 50_000);
  assert.equal(spending.spent(estimate(), accepted("ib", "free")), 50_000);
  assert.deepEqual(reserved(estimate()), [50_000]);
});

test("what is refused costs nothing", () => {
  const { spending, estimate, spent } = rig();
  const refused: DeliveryOutcome = { kind: "refused", class: "rejected", attempts: [], messages: [] };
  assert.equal(spending.spent(estimate(), refused), 0);
  assert.deepEqual(spent, []);
});

test("an unknown price is told once a day for a country and gateway, and not while there is a default", () => {
  const { estimate, lines, advance } = rig();
  const none = requestWith(new Prices([]));
  estimate(requestWith(new Prices([]), 10_000));
  assert.deepEqual(lines, []);
  assert.deepEqual(reserved(estimate(none)), []);
  estimate(none);
  const told = [
    ["price_unknown", "IN", "tw"],
    ["price_unknown", "IN", "ib"],
  ];
  assert.deepEqual(
    lines.splice(0).map(({ event, country, gateway }) => [event, country, gateway]),
    told,
  );
  advance(24 * 3_600_000);
  estimate(none);
  assert.deepEqual(
    lines.map(({ event, country, gateway }) => [event, country, gateway]),
    told,
  );
});

test("without a currency nothing is known of money", () => {
  const { spending } = rig();
  const request = requestWith(table);
  const access = { ...request.access, spending: undefined };
  assert.equal(spending.estimate({ ...request, access }, to, plan), undefined);
});
