/** What the guard knows of traffic, and what the policy has decided: added to, shared, found by time, forgotten. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { guard, retention } from "@antryk/contract";
import { newVerificationId } from "../../../server/src/model/ids.ts";
import type { PolicyDecision } from "../../../server/src/model/policy-decision.ts";
import { bucketOf, type RecipientKey } from "../../../server/src/model/recipient.ts";
import type { TrafficIncrement, TrafficRow } from "../../../server/src/model/traffic.ts";
import { type Engine, newKey, storeTest } from "./harness.ts";

export function policingSuite(engine: Engine): void {
  const withStore = storeTest(engine);
  const serviceId = randomUUID();
  const of = (sent: number, verified: number, more: Partial<TrafficIncrement> = {}): TrafficIncrement => ({
    serviceId,
    place: "p+91987654",
    sent,
    verified,
    verifiedAt: 0,
    ...more,
  });

  withStore(
    "traffic adds up by service and place, fades by half each half-life, and is found by when it was added to",
    async ({ store }, { advance }) => {
      const since = async (at: number): Promise<TrafficRow[]> => {
        const rows: TrafficRow[] = [];
        await store.trafficSince(at, (row) => rows.push(row));
        return rows.filter((row) => row.serviceId === serviceId).sort((a, b) => (a.place < b.place ? -1 : 1));
      };
      await store.noteTraffic([]);
      const at = store.now();
      const other = { serviceId: randomUUID() };
      await store.noteTraffic([of(10, 4, { verifiedAt: at }), of(2, 1, { place: "n2001:db8::/48" }), of(9, 9, other)]);
      const first = { serviceId, at, firstAt: at, blockedUntil: 0, strikes: 0 };
      assert.deepEqual(await since(at), [
        { ...first, place: "n2001:db8::/48", sent: 2, verified: 1, verifiedAt: 0 },
        { ...first, place: "p+91987654", sent: 10, verified: 4, verifiedAt: at },
      ]);
      advance(guard.halfLifeMs);
      const later = at + guard.halfLifeMs;
      const block = { blockedUntil: later + 900_000, strikes: 1 };
      await store.noteTraffic([of(1, 0, { block })]);
      const left = guard.leftAfterBlock;
      assert.deepEqual(await since(at + 1), [
        { ...first, ...block, place: "p+91987654", sent: 6 * left, verified: 2 * left, verifiedAt: at, at: later },
      ]);
      assert.equal((await since(at)).length, 2);
      advance(guard.forgetMs);
      for (let more = true; more; ) ({ more } = await store.sweep(1_000));
      assert.deepEqual(await since(0), []);
    },
  );

  withStore("servers add to the same traffic at once, and none is lost", async ({ store }) => {
    const place = `p+4477${Math.floor(Math.random() * 1e6)}`;
    await Promise.all(
      Array.from({ length: 40 }, () => store.noteTraffic([of(1, 0, { place }), of(0, 1, { place: `q${place}` })])),
    );
    const sums = new Map<string, number>();
    await store.trafficSince(0, (row) => sums.set(row.place, row.sent + row.verified));
    assert.deepEqual(
      [sums.get(place), sums.get(`q${place}`)].map((sum) => Math.round(sum ?? 0)),
      [40, 40],
    );
  });

  const decisionFor = (key: RecipientKey, at: number, more: Partial<PolicyDecision> = {}): PolicyDecision => ({
    decisionId: newVerificationId(at, bucketOf(key.hash)),
    at,
    requestId: "req-1",
    accountId: key.accountId,
    serviceId: key.serviceId,
    operation: "send-otp",
    to: key.recipient,
    country: "IN",
    network: "203.0.113.0/24",
    reason: "guard",
    rule: "conversion",
    threshold: 7,
    observed: 8.5,
    mode: "monitor",
    ...more,
  });

  withStore(
    "decisions are found by time, forgotten with their number, and gone after seven days",
    async ({ store, key }, { advance }) => {
      const all = async (since = 0): Promise<PolicyDecision[]> => {
        const found: PolicyDecision[] = [];
        await store.decisionsSince(since, (decision) => found.push(decision));
        return found.filter(({ accountId }) => accountId === key.accountId || accountId === other.accountId);
      };
      const other = newKey();
      const at = store.now();
      const first = decisionFor(key, at);
      const second = decisionFor(other, at, {
        requestId: null,
        network: null,
        rule: null,
        threshold: null,
        observed: null,
      });
      await store.keepDecisions([]);
      await store.keepDecisions([
        { decision: first, hash: key.hash },
        { decision: second, hash: other.hash },
      ]);
      advance(1_000);
      const third = decisionFor(key, store.now(), { reason: "limit", mode: "enforce" });
      await store.keepDecisions([{ decision: third, hash: key.hash }]);
      assert.deepEqual(new Set(await all()), new Set([first, second, third]));
      assert.deepEqual(await all(at + 1), [third]);

      const place = { accountId: key.accountId, hash: key.hash };
      await store.erase({ channel: "sms", recipient: key.recipient, places: [place], reducedHash: Buffer.alloc(32) });
      assert.deepEqual(await all(), [second]);
      advance(retention.decisionsMs);
      for (let more = true; more; ) ({ more } = await store.sweep(1_000));
      assert.deepEqual(await all(), []);
    },
  );
}
