/** Traffic as several servers on one store follow it. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";
import { createLog } from "../observe/log.ts";
import type { Suspicion } from "../policy/guard.ts";
import { ManualClock } from "../store/clock.ts";
import { openSqliteStore } from "../store/sqlite/open.ts";
import { Traffic } from "./traffic.ts";

const clock = new ManualClock();
const store = openSqliteStore({ path: ":memory:", clock });
after(() => store.close());
const lines: string[] = [];
const log = createLog("warn", { write: (line) => lines.push(line) });
const newTraffic = () => new Traffic({ store, log });

const network = "203.0.113.0/24";
const minute = 60_000;

/** So many messages to numbers of a prefix, of which the first are verified. */
function follow(traffic: Traffic, serviceId: string, prefix: string, sent: number, verified = 0, from = network): void {
  for (let n = 0; n < sent; n += 1) {
    const to = `${prefix}${String((n * 37) % 10_000).padStart(4, "0")}`;
    traffic.sent(serviceId, to, from);
    if (n < verified) traffic.verified(serviceId, to, from);
  }
}

test("a verified code proves its prefix for seven days, at once here and after a share elsewhere", async () => {
  const serviceId = randomUUID();
  const [one, other] = [newTraffic(), newTraffic()];
  const isProven = (traffic: Traffic) => traffic.isProven(serviceId, "+3712012", clock.now());
  follow(one, serviceId, "+3712012", 1, 1);
  assert.deepEqual([isProven(one), isProven(other), one.hasProven(serviceId, clock.now())], [true, false, true]);
  assert.equal(one.isProven(serviceId, "+3712013", clock.now()), false);
  clock.advance(minute);
  await one.share();
  await other.share();
  assert.ok(isProven(other) && other.hasProven(serviceId, clock.now()));
  clock.advance(7 * 24 * 60 * minute);
  assert.deepEqual([isProven(one), isProven(other)], [false, false]);
});

test("messages count once their users could have typed the code", () => {
  const serviceId = randomUUID();
  const traffic = newTraffic();
  const state = () => traffic.state(serviceId, "p+3712012", clock.now());
  follow(traffic, serviceId, "+3712012", 10);
  clock.advance(44_999);
  assert.deepEqual([state()?.underWay, state()?.sent], [10, 0]);
  clock.advance(1);
  assert.deepEqual([state()?.underWay, state()?.sent], [0, 10]);
  assert.ok((state()?.evidence ?? 0) > 4);
});

test("what a server knew is known after its restart, and so is a block", async () => {
  const serviceId = randomUUID();
  const first = newTraffic();
  follow(first, serviceId, "+3712012", 30);
  clock.advance(5 * minute);
  first.state(serviceId, "s", clock.now());
  const begins = { blockedUntil: clock.now() + 15 * minute, strikes: 1 };
  first.block(serviceId, "+37120120000", { place: "p+3712012", begins } as Suspicion);
  await first.stop();
  const second = newTraffic();
  await second.share();
  const state = second.state(serviceId, "p+3712012", clock.now());
  assert.equal(state?.blockedUntil, begins.blockedUntil);
  assert.ok(state.evidence > 7, `${state.evidence}`);
});

test("what could not be stored is stored later, and said", async () => {
  const serviceId = randomUUID();
  let isDown = true;
  const traffic = new Traffic({
    store: {
      now: () => store.now(),
      trafficSince: (since, visit) => store.trafficSince(since, visit),
      noteTraffic: async (increments) => {
        if (isDown) throw new Error("the store is down");
        await store.noteTraffic(increments);
      },
    },
    log,
  });
  follow(traffic, serviceId, "+3712012", 1, 1);
  clock.advance(minute);
  await assert.rejects(traffic.share(), /the store is down/);
  isDown = false;
  await traffic.share();
  const other = newTraffic();
  await other.share();
  assert.ok(other.isProven(serviceId, "+3712012", clock.now()));
});

test("codes that stop coming back everywhere are failing deliveries, not pumping", () => {
  const serviceId = randomUUID();
  const traffic = newTraffic();
  for (let round = 0; round < 40; round += 1) {
    follow(traffic, serviceId, "+4915112", 10, 8);
    clock.advance(3 * minute);
    traffic.state(serviceId, "s", clock.now());
  }
  assert.equal(traffic.isFailing(serviceId, "DE", clock.now()), false);
  for (let round = 0; round < 6; round += 1) {
    follow(traffic, serviceId, "+4915112", 10);
    clock.advance(3 * minute);
    traffic.state(serviceId, "s", clock.now());
  }
  assert.equal(traffic.isFailing(serviceId, "DE", clock.now()), true);
});

test("a stranger's messages to users' numbers do not look like failing deliveries", () => {
  const serviceId = randomUUID();
  const traffic = newTraffic();
  for (let round = 0; round < 40; round += 1) {
    follow(traffic, serviceId, "+4915112", 10, 8);
    clock.advance(3 * minute);
    traffic.state(serviceId, "s", clock.now());
  }
  for (let n = 0; n < 100; n += 1) traffic.sent(serviceId, `+4915112${1_000 + n}`, `198.51.${n}.0/24`);
  clock.advance(3 * minute);
  traffic.state(serviceId, "s", clock.now());
  assert.equal(traffic.isFailing(serviceId, "DE", clock.now()), false);
});

test("whoever tries all wrong codes of an OTP is counted by the network", () => {
  const serviceId = randomUUID();
  const traffic = newTraffic();
  for (let n = 0; n < 5; n += 1) traffic.guessed(serviceId, "+4915112345678", "198.51.100.0/24");
  traffic.guessed(serviceId, "+4915112345678", undefined);
  assert.ok((traffic.state(serviceId, "n198.51.100.0/24", clock.now())?.evidence ?? 0) > 7);
});
