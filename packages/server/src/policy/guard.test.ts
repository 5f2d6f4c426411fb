/** What the guard weighs, rule by rule. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { guard } from "@antryk/contract";
import { type PlaceState, suspicionFrom, suspicionOf } from "./guard.ts";
import { placesOf, servicePlace } from "./places.ts";

const minute = 60_000;
const day = 24 * 60 * minute;
const now = 10 * day;
const to = "+37120123456";
const network = "203.0.113.0/24";
const places = placesOf(to, "LV", network);

const nothing: PlaceState = {
  evidence: 0,
  underWay: 0,
  sequence: 0,
  isVerified: false,
  sent: 0,
  firstAt: 0,
  blockedUntil: 0,
  strikes: 0,
};

/** What is found with these states of places. */
function find(states: Readonly<Record<string, Partial<PlaceState>>>, newcomers = 1) {
  const state = (place: string) => (states[place] ? { ...nothing, ...states[place] } : undefined);
  return suspicionOf(places, { state, newcomers }, now);
}

test("a number's places", () => {
  assert.deepEqual(places, {
    prefix: "p+3712012",
    wider: ["q+371201", "q+37120"],
    country: "cLV",
    ordinary: "bLV",
    network: "n203.0.113.0/24",
  });
});

test("nothing known, nothing suspected", () => {
  assert.equal(find({}), undefined);
});

test("conversion: a prefix whose codes do not come back is blocked for 15 minutes, then twice as long each time", () => {
  assert.equal(find({ "p+3712012": { evidence: suspicionFrom - 0.6 } }), undefined);
  const first = find({ "p+3712012": { evidence: suspicionFrom } });
  assert.equal(first?.rule, "conversion");
  assert.equal(first.place, "p+3712012");
  assert.deepEqual(first.begins, { blockedUntil: now + 15 * minute, strikes: 1 });
  for (const [strikes, minutes] of [
    [1, 30],
    [2, 60],
    [5, 480],
    [6, 720],
    [40, 720],
  ] as const) {
    const again = find({ "p+3712012": { evidence: 9, strikes, blockedUntil: now - 1 } });
    assert.deepEqual(again?.begins, { blockedUntil: now + minutes * minute, strikes: strikes + 1 });
  }
  const forgiven = find({ "p+3712012": { evidence: 9, strikes: 5, blockedUntil: now - guard.forgiveMs - 1 } });
  assert.deepEqual(forgiven?.begins, { blockedUntil: now + 15 * minute, strikes: 1 });
});

test("a block that stands refuses whatever is known meanwhile, and begins no other", () => {
  for (const place of ["p+3712012", "q+371201", "q+37120", "cLV", "n203.0.113.0/24"]) {
    const found = find({ [place]: { blockedUntil: now + 1 } });
    assert.deepEqual([found?.place, found?.until, found?.begins], [place, now + 1, undefined]);
  }
});

test("client: a network whose codes do not come back is blocked, wherever it sends to", () => {
  const found = find({ "n203.0.113.0/24": { evidence: 8 }, "p+3712012": { evidence: -4 } });
  assert.deepEqual([found?.rule, found?.place], ["client", "n203.0.113.0/24"]);
});

test("sequence: numbers in a row are enough by themselves, after a few", () => {
  assert.equal(find({ "p+3712012": { sequence: 2 } }), undefined);
  assert.equal(find({ "p+3712012": { sequence: 4, evidence: 1 } })?.rule, "sequence");
});

test("burst: a flood to a prefix that never verified counts before any code could have come back", () => {
  assert.equal(find({ "p+3712012": { underWay: 400, isVerified: true } }), undefined);
  assert.equal(find({ "p+3712012": { underWay: 30 } }), undefined);
  assert.equal(find({ "p+3712012": { underWay: 400 } })?.rule, "burst");
});

test("around: a larger block of numbers is blocked for what nothing vouches for", () => {
  const attacked = { "q+37120": { evidence: 20 } };
  assert.equal(find(attacked)?.place, "q+37120");
  assert.equal(find({ "q+37120": { evidence: 8 } }), undefined, "wider places must say more");
  assert.equal(find({ ...attacked, "n203.0.113.0/24": { evidence: -3 } }), undefined, "a network of users");
  assert.equal(find({ ...attacked, "p+3712012": { evidence: -4 } }), undefined, "a prefix of users");
  const stands = { "q+37120": { evidence: 20, blockedUntil: now + minute } };
  assert.equal(find({ ...stands, "n203.0.113.0/24": { evidence: -3 } }), undefined);
  assert.ok(find(stands));
});

test("around: where hardly any user comes from a new network, one that is new speaks against a message", () => {
  const attacked = { "q+37120": { evidence: 20 }, "p+3712012": { evidence: -4 } };
  assert.equal(find(attacked, 0.5), undefined);
  assert.equal(find(attacked, 0.02)?.place, "q+37120");
});

test("around: that a place is new speaks against it if its codes do not come back, and if the service is not new", () => {
  const attacked = (firstAt: number, beginning: number, evidence = 6) =>
    find({ "q+37120": { evidence, firstAt }, [servicePlace]: { firstAt: beginning } });
  assert.ok(attacked(now - 60 * minute, now - 5 * day));
  assert.equal(attacked(now - 3 * day, now - 5 * day), undefined);
  assert.equal(attacked(now - 60 * minute, now - 120 * minute), undefined);
  assert.equal(attacked(now - 60 * minute, now - 5 * day, -1), undefined);
});

test("a prefix block does not stop users of a network that is known to be of users", () => {
  const blocked = { "p+3712012": { blockedUntil: now + minute } };
  assert.ok(find({ ...blocked, "n203.0.113.0/24": { evidence: -1 } }));
  assert.equal(find({ ...blocked, "n203.0.113.0/24": { evidence: -4 } }), undefined);
});
