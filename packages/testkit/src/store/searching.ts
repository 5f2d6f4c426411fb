/** What operators look up: by number, by ids, by time; living, in history and reduced; page by page. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { newVerificationId } from "../../../server/src/model/ids.ts";
import type { PolicyDecision } from "../../../server/src/model/policy-decision.ts";
import { bucketOf, type RecipientKey } from "../../../server/src/model/recipient.ts";
import type { Found, SearchedNumber, SearchQuery } from "../../../server/src/model/search.ts";
import type { Store } from "../../../server/src/store/port.ts";
import type { HistoryKeeping } from "../../../server/src/store/ports/upkeep.ts";
import { Caller, type Engine, keyFor, macOf, storeTest, ttlMs } from "./harness.ts";

const day = 24 * 3_600_000;
const keeping: HistoryKeeping = {
  identifiedMs: 5 * day,
  reducedMs: 10 * day,
  reduce: (recipient) => ({ hash: macOf(`phone ${recipient}`), masked: `${recipient.slice(0, 4)}…` }),
};

function numberOf(...keys: RecipientKey[]): SearchedNumber {
  const recipient = keys[0]?.recipient ?? "";
  return { channel: "sms", recipient, keys, reducedHash: keeping.reduce(recipient).hash };
}

/** All pages, newest first. */
async function all(store: Store, query: Partial<SearchQuery>): Promise<Found[]> {
  const found: Found[] = [];
  let before: string | undefined;
  do {
    const page = await store.search({ limit: 2, ...query, before });
    assert.ok(page.next === undefined || before === undefined || page.next < before, "a page leads on");
    found.push(...page.found);
    before = page.next;
  } while (before !== undefined);
  assert.deepEqual(
    found.map(({ id }) => id),
    [...new Set(found.map(({ id }) => id))].sort().reverse(),
    "each once, the newest first",
  );
  return found;
}

const idsIn = (found: readonly Found[]) => found.map(({ id }) => id);

async function sweepAll({ store }: Caller): Promise<void> {
  for (let n = 0; n < 60; n += 1) if (!(await store.sweep(50, keeping)).more) return;
  throw new Error("the sweep does not come to an end");
}

function decisionOf(store: Store, key: RecipientKey, more: Partial<PolicyDecision> = {}): PolicyDecision {
  return {
    decisionId: newVerificationId(store.now(), bucketOf(key.hash)),
    at: store.now(),
    requestId: `req-${randomUUID()}`,
    accountId: key.accountId,
    serviceId: key.serviceId,
    operation: "send-otp",
    to: key.recipient,
    country: "IN",
    network: null,
    reason: "limit",
    rule: "recipient",
    threshold: 3,
    observed: null,
    mode: "enforce",
    ...more,
  };
}

export function searchingSuite(engine: Engine): void {
  const withStore = storeTest(engine);

  withStore(
    "search: all of a number is found, the newest first, living, in history and reduced, of each service",
    async (caller, { advance }) => {
      const { store, key } = caller;
      const other = new Caller(store, keyFor(key.accountId, randomUUID(), key.recipient));
      const stranger = new Caller(store, keyFor(randomUUID(), key.serviceId, key.recipient));
      const neighbour = new Caller(store, keyFor(key.accountId, key.serviceId, `${key.recipient}1`));
      const ids: string[] = [];
      const send = async (who: Caller) => void ids.unshift((await who.send("1")).verificationId);
      await send(caller);
      advance(ttlMs + 6 * day);
      await sweepAll(caller);
      for (let n = 0; n < 3; n += 1) {
        await send(caller);
        advance(ttlMs + 1);
      }
      const decision = decisionOf(store, key);
      await store.keepDecisions([{ decision, hash: key.hash }]);
      ids.unshift(decision.decisionId);
      advance(1);
      await send(other);
      await stranger.send("1");
      await neighbour.send("1");
      const number = numberOf(key, other.key);
      assert.deepEqual(idsIn(await all(store, { number })), ids);
      assert.deepEqual(
        idsIn(await all(store, { number: numberOf(key, stranger.key), accountId: key.accountId })),
        ids.slice(1),
      );
      const reduced = (await all(store, { number })).at(-1);
      assert.equal(reduced?.kind === "verification" && reduced.record.recipient, `${key.recipient.slice(0, 4)}…`);
      const [newest] = ids;
      assert.deepEqual(idsIn(await all(store, { number, state: "pending" })), [newest]);
      assert.deepEqual(idsIn(await all(store, { number, since: store.now() })), [newest]);
      assert.deepEqual(idsIn(await all(store, { number, reason: "recipient" })), [decision.decisionId]);
      assert.deepEqual(idsIn(await all(store, { number, reason: "limit", gateway: "test" })), []);
      await store.erase({ channel: "sms", recipient: key.recipient, places: [key], reducedHash: number.reducedHash });
      assert.deepEqual(idsIn(await all(store, { number: numberOf(key) })), []);
    },
  );

  withStore(
    "search: a verification shows its request and each code that was compared, never the code",
    async (caller) => {
      const { store, key } = caller;
      const requestId = randomUUID();
      await caller.send("1", "accepted", { requestId });
      const at = store.now();
      await caller.verify("8");
      await caller.verify("9");
      await caller.verify("1");
      const [found] = await all(store, { number: numberOf(key) });
      assert.ok(found?.kind === "verification");
      assert.deepEqual([found.record.status, found.record.requestId], ["verified", requestId]);
      assert.deepEqual(
        found.record.checks.map(({ outcome, at: time }) => [outcome, time - at]),
        [
          ["wrong", 0],
          ["wrong", 0],
          ["right", 0],
        ],
      );
      const locked = new Caller(store, keyFor(key.accountId, randomUUID(), key.recipient));
      await locked.send("1");
      for (let n = 0; n < 7; n += 1) await locked.verify("9");
      const [of] = await all(store, { number: numberOf(locked.key) });
      const outcomes = of?.kind === "verification" ? of.record.checks.map(({ outcome }) => outcome) : [];
      assert.deepEqual(outcomes, ["wrong", "wrong", "wrong", "wrong", "locked"], "no more than may be tried");
    },
  );

  withStore("search: checks and the request are kept in history", async (caller, { advance }) => {
    await caller.send("1", "accepted", { requestId: "req-1", metadata: '{"order":"17"}' });
    advance(1_500);
    await caller.verify("8");
    advance(ttlMs + 2 * day);
    await sweepAll(caller);
    const [found] = await all(caller.store, { number: numberOf(caller.key) });
    assert.ok(found?.kind === "verification");
    const { record } = found;
    assert.deepEqual([record.requestId, record.metadata], ["req-1", { order: "17" }]);
    assert.deepEqual(record.checks, [{ at: record.createdAt + 1_500, outcome: "wrong" }]);
  });

  withStore("search: by the id of a verification or of a decision, whichever account's", async (caller) => {
    const { store, key } = caller;
    const { verificationId } = await caller.send("1");
    const decision = decisionOf(store, key);
    await store.keepDecisions([{ decision, hash: key.hash }]);
    for (const id of [verificationId, decision.decisionId, verificationId.toUpperCase()])
      assert.deepEqual(idsIn(await all(store, { id })), [id.toLowerCase()]);
    assert.deepEqual(await all(store, { id: verificationId, accountId: randomUUID() }), []);
    assert.deepEqual(await all(store, { id: newVerificationId(store.now(), 17) }), []);
    assert.deepEqual(await all(store, { id: "no id" }), []);
  });

  withStore("search: by the name that a gateway gave a message", async (caller) => {
    const { store, key } = caller;
    const input = caller.reserveInput("1");
    const reserved = await store.reserve(input);
    assert.ok(reserved.kind === "reserved");
    const gatewayId = randomUUID();
    await caller.settle(reserved, input.leaseToken, "accepted", { messages: [{ gatewayId, messageId: "abc-17" }] });
    const messages = [
      { gatewayId: randomUUID(), messageId: "abc-17" },
      { gatewayId, messageId: "abc-17" },
    ];
    assert.deepEqual(idsIn(await all(store, { messages })), [reserved.verificationId]);
    assert.deepEqual(await all(store, { messages: messages.slice(0, 1) }), []);
    assert.deepEqual(await all(store, { messages, requestId: "req" }), []);
    assert.ok(key);
  });

  withStore(
    "search: by time, with what else must hold, over more than one page of rows",
    async (caller, { advance }) => {
      const { store, key } = caller;
      const { accountId, serviceId } = key;
      const start = store.now();
      const ids: string[] = [];
      for (let n = 0; n < 40; n += 1) {
        const one = new Caller(store, keyFor(accountId, serviceId, `+9198770${10_000 + n}`));
        const requestId = n === 20 ? "the-one" : `req-${n}`;
        ids.push((await one.send("1", "accepted", { requestId })).verificationId);
        if (n % 4 === 0) await one.cancel();
        if (n % 10 === 0) {
          const decision = decisionOf(store, one.key, { requestId: n === 20 ? "the-one" : null });
          await store.keepDecisions([{ decision, hash: one.key.hash }]);
          ids.push(decision.decisionId);
        }
        if (n % 3 === 0) advance(1);
        if (n === 24) {
          advance(ttlMs + 2 * day);
          await sweepAll(caller);
        }
      }
      const mine = { accountId, limit: 7 };
      assert.deepEqual(idsIn(await all(store, mine)), ids.toSorted().reverse());
      assert.equal((await all(store, { ...mine, state: "cancelled" })).length, 10);
      assert.equal((await all(store, { ...mine, requestId: "the-one" })).length, 2);
      assert.equal((await all(store, { ...mine, gateway: "test" })).length, 40);
      assert.deepEqual(await all(store, { ...mine, gateway: "other" }), []);
      const later = await all(store, { ...mine, since: start + 2 * day });
      assert.equal(later.length, 16);
      const earlier = await all(store, { ...mine, until: start + 2 * day });
      assert.equal(earlier.length, ids.length - 16);
    },
  );
}
