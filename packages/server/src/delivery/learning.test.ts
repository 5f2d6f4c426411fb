/** Routes that learn: in the whole service, and when the store fails or is slow. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { type DeliveryAttempt, learning } from "@antryk/contract";
import { replies, startGateway, type TestGateway } from "@antryk/testkit/gateway";
import { seeded } from "@antryk/testkit/inputs/random";
import { startService, type TestService } from "@antryk/testkit/service";
import { faultyStore } from "@antryk/testkit/store/faulty-store";
import { keyFor } from "@antryk/testkit/store/harness";
import { until } from "@antryk/testkit/until";
import { newGateway } from "../administration/gateways.ts";
import type { GatewayScore } from "../model/score.ts";
import { createLog } from "../observe/log.ts";
import { ManualClock } from "../store/clock.ts";
import type { NamedGateway } from "./deliver.ts";
import { RouteLearning } from "./learning.ts";

const routes = [{ match: "*", gateways: ["first", "second"], failoverOnTimeout: false }];
const numberOf = (n: number) => `+91987654${3000 + n}`;

async function start(
  learnRoutes: boolean,
  gateways: Record<string, TestGateway>,
  random = seeded(3),
): Promise<TestService> {
  const service = await startService({ service: { routes, learnRoutes }, learning: { random, shareMs: 20 } });
  for (const [name, { url, secret }] of Object.entries(gateways)) {
    const caps = { maxConcurrent: null, maxPerSecond: null };
    const made = newGateway(
      { name, provider: "http", settings: { url, secret }, ...caps },
      service.keyring,
      service.store.now(),
    );
    assert.ok(made.kind === "gateway" && (await service.store.createGateway(made.gateway)));
  }
  return service;
}

async function deliveries(service: TestService, verificationId: string): Promise<readonly DeliveryAttempt[]> {
  return (await service.store.findVerification(service.accountId, verificationId))?.deliveries ?? [];
}

test("off, as it is by default: the route's order, and nothing is counted or said", async () => {
  await using first = await startGateway();
  await using second = await startGateway();
  const service = await start(false, { first, second });
  const stored: unknown[] = [];
  service.store.learn = async (increments) => void stored.push(increments);
  for (let n = 0; n < 20; n += 1) {
    const to = numberOf(n);
    const sent = await service.post("send-otp", { to });
    assert.equal((await service.post("verify-otp", { to, otp: first.codes(to)[0] })).body.data.valid, true);
    assert.equal((await deliveries(service, sent.body.data.verificationId))[0]?.chosen, undefined);
  }
  assert.deepEqual([first.requests.length, second.requests.length], [20, 0]);
  await service[Symbol.asyncDispose]();
  assert.deepEqual(stored, [], "the end stores everything that was counted");
});

test("on: the gateway whose codes are verified is asked first, and the record says why", async () => {
  await using first = await startGateway();
  await using second = await startGateway();
  let draw = seeded(3);
  await using service = await start(true, { first, second }, () => draw());
  const scores = () => service.store.gatewayScores(service.serviceId);
  for (let n = 0; n < 60; n += 1) {
    const to = numberOf(n);
    assert.equal((await service.post("send-otp", { to })).status, 200);
    const otp = second.codes(to)[0];
    if (otp !== undefined) assert.equal((await service.post("verify-otp", { to, otp })).body.data.valid, true);
  }
  const [byFirst, bySecond] = [first.requests.length, second.requests.length];
  assert.ok(byFirst > 15 && bySecond > 15, "nothing is known yet, so both are asked");
  assert.deepEqual(await scores(), [], "messages count when their users had time to type");
  service.clock.advance(learning.ripeMs + 1_000);
  await until(
    async () => (await scores()).reduce((sum, { sent, verified }) => sum + sent + verified, 0) > 60 + bySecond - 0.5,
    {
      what: "all messages and all verified codes are counted",
    },
  );
  const rounded = (await scores()).map(({ callingCode, gateway, sent, verified }) => [
    callingCode,
    gateway,
    Math.round(sent),
    Math.round(verified),
  ]);
  assert.deepEqual(rounded, [
    ["91", "first", byFirst, 0],
    ["91", "second", bySecond, bySecond],
  ]);
  let next = 60;
  const attemptOfNext = async () => {
    const sent = await service.post("send-otp", { to: numberOf(next++) });
    return (await deliveries(service, sent.body.data.verificationId))[0];
  };
  // The first one after the old counts are stale starts the reading of the new ones, and is ordered by the old.
  await until(async () => ((await attemptOfNext())?.chosen?.sent ?? 0) > 0, {
    what: "a send is ordered by the new counts",
  });
  // However many that took, those that are counted below draw the same.
  draw = seeded(4);
  const before = second.requests.length;
  for (let n = 0; n < 100; n += 1) {
    const attempt = await attemptOfNext();
    assert.ok(attempt?.chosen);
    if (attempt.gateway === "second") assert.ok(attempt.chosen.share > 0.9 && attempt.chosen.verified === bySecond);
    else assert.deepEqual([attempt.chosen.by, attempt.chosen.verified], ["exploration", 0]);
  }
  assert.ok(second.requests.length - before >= 90, `${second.requests.length - before} of 100`);
  const other = await service.post("send-otp", { to: "+447400123456" });
  const [elsewhere] = await deliveries(service, other.body.data.verificationId);
  assert.deepEqual(
    [elsewhere?.chosen?.sent, elsewhere?.chosen?.share],
    [0, 0.5],
    "another country is another question",
  );
});

test("the next gateway is asked as ever; a refusal counts for none, a resend's code for the resend's", async () => {
  await using first = await startGateway(replies(503));
  await using second = await startGateway();
  await using service = await start(true, { first, second });
  const to = numberOf(1);
  await service.post("send-otp", { to });
  service.clock.advance(31_000);
  assert.equal((await service.post("resend-otp", { to })).status, 200);
  assert.equal((await service.post("verify-otp", { to, otp: second.codes(to)[0] })).body.data.valid, true);
  service.clock.advance(learning.ripeMs + 1_000);
  const scores = () => service.store.gatewayScores(service.serviceId);
  await until(async () => (await scores())[0]?.verified === 1, { what: "the verified code is counted" });
  assert.deepEqual(
    (await scores()).map(({ gateway, sent, verified }) => [gateway, Math.round(sent), verified]),
    [["second", 2, 1]],
  );
});

const never: NamedGateway["gateway"] = {
  send: () => ({ outcome: "failed", class: "unknown", ambiguous: false, detail: "" }),
};
const named = ["first", "second"].map((name): NamedGateway => ({ name, gateway: never }));

test("a store that fails or is slow: the route's order, and what was counted is stored later, whole", async () => {
  const clock = new ManualClock();
  const { store, break: breakVerb } = faultyStore(clock);
  const lines: string[] = [];
  const learns = new RouteLearning(store, createLog("debug", { write: (line) => lines.push(line) }), {
    random: seeded(1),
  });
  const key = keyFor(randomUUID(), randomUUID(), numberOf(1));
  const attempt = {
    at: new Date(store.now()).toISOString(),
    operation: "send-otp" as const,
    gateway: "first",
    outcome: "accepted" as const,
    durationMs: 1,
    chosen: { by: "learning" as const, share: 0.5, sent: 0, verified: 0 },
  };
  const counts = async () =>
    (await store.gatewayScores(key.serviceId)).map(({ gateway, sent }: GatewayScore) => [gateway, sent]);

  breakVerb("gatewayScores", new Error("gone"));
  assert.deepEqual(await learns.order(key.serviceId, key.recipient, named), named);
  breakVerb("gatewayScores", undefined);

  learns.sent(key, [attempt, { ...attempt, outcome: "refused" }, attempt]);
  await learns.share();
  assert.deepEqual(await counts(), [], "not ripe");
  clock.advance(learning.ripeMs + learning.shareMs);
  breakVerb("learn", new Error("gone"));
  await learns.share();
  assert.match(lines.join(""), /learning_not_shared/);
  breakVerb("learn", undefined);
  clock.advance(learning.shareMs);
  await learns.share();
  assert.deepEqual(await counts(), [["first", 2]]);

  learns.sent(key, [{ ...attempt, gateway: "second", at: new Date(store.now()).toISOString() }]);
  await learns.close();
  assert.deepEqual(
    await counts(),
    [
      ["first", 2],
      ["second", 1],
    ],
    "the end stores everything",
  );
  await store.close();
});
