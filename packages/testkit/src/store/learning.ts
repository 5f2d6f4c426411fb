/** What is learned of gateways: added to, faded, bounded, shared, forgotten. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { learning } from "@antryk/contract";
import type { ScoreIncrement } from "../../../server/src/model/score.ts";
import { type Engine, storeTest } from "./harness.ts";

const { halfLifeMs, remembered, forgetMs } = learning;

export function learningSuite(engine: Engine): void {
  const withStore = storeTest(engine);
  const serviceId = randomUUID();
  const of = (sent: number, verified: number, more: Partial<ScoreIncrement> = {}): ScoreIncrement => ({
    serviceId,
    callingCode: "91",
    gateway: "one",
    sent,
    verified,
    ...more,
  });

  withStore(
    "counts of gateways add up by service, country and gateway, and fade by half each half-life",
    async ({ store }, { advance }) => {
      assert.deepEqual(await store.gatewayScores(serviceId), []);
      await store.learn([]);
      const at = store.now();
      await store.learn([
        of(10, 8),
        of(2, 1, { gateway: "two" }),
        of(4, 4, { callingCode: "44" }),
        of(7, 7, { serviceId: randomUUID() }),
      ]);
      assert.deepEqual(await store.gatewayScores(serviceId), [
        { callingCode: "44", gateway: "one", sent: 4, verified: 4, at },
        { callingCode: "91", gateway: "one", sent: 10, verified: 8, at },
        { callingCode: "91", gateway: "two", sent: 2, verified: 1, at },
      ]);
      advance(halfLifeMs);
      await store.learn([of(1, 0)]);
      const [, one, two] = await store.gatewayScores(serviceId);
      assert.deepEqual(one, { callingCode: "91", gateway: "one", sent: 6, verified: 4, at: at + halfLifeMs });
      assert.deepEqual(
        two,
        { callingCode: "91", gateway: "two", sent: 2, verified: 1, at },
        "a count that was not added to is as it was",
      );
    },
  );

  withStore("no more messages are remembered than the bound; the share stays", async ({ store }) => {
    await store.learn([of(4 * remembered, 3 * remembered)]);
    const [first] = await store.gatewayScores(serviceId);
    assert.deepEqual([first?.sent, first?.verified], [remembered, 0.75 * remembered]);
    await store.learn([of(remembered, 0)]);
    const [second] = await store.gatewayScores(serviceId);
    assert.deepEqual([second?.sent, second?.verified], [remembered, 0.375 * remembered]);
  });

  withStore(
    "servers add to the same counts at once, in any order, and none is lost",
    async ({ store }, { another }) => {
      const other = await another();
      const pair = [of(1, 1), of(1, 0, { gateway: "two" })];
      await Promise.all(
        Array.from({ length: 64 }, (_, n) => (n % 2 ? store.learn(pair) : other.learn(pair.toReversed()))),
      );
      const scores = await store.gatewayScores(serviceId);
      const rounded = scores.map(({ gateway, sent, verified }) => [gateway, Math.round(sent), Math.round(verified)]);
      assert.deepEqual(rounded, [
        ["one", 64, 64],
        ["two", 64, 0],
      ]);
      await other.close();
    },
  );

  withStore("counts that are not added to are dropped", async ({ store }, { advance }) => {
    await store.learn([of(1, 1), of(1, 1, { gateway: "two" })]);
    advance(forgetMs - 1);
    await store.learn([of(1, 1, { gateway: "two" })]);
    advance(1);
    while ((await store.sweep(1)).more) {}
    assert.deepEqual(
      (await store.gatewayScores(serviceId)).map(({ gateway }) => gateway),
      ["two"],
    );
  });
}
