/** Idempotency keys, history, the sweep, and accounts. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { defaults } from "@antryk/contract";
import { defaultGateway } from "../../../server/src/model/gateway.ts";
import {
  defaultSettings,
  type MessageSettings,
  plainMessages,
  type Service,
} from "../../../server/src/model/service.ts";
import type { Store } from "../../../server/src/store/port.ts";
import { Caller, type Engine, keyFor, leaseMs, macOf, storeTest, ttlMs } from "./harness.ts";

const day = 24 * 3_600_000;

export function keepingSuite(engine: Engine): void {
  const withStore = storeTest(engine);

  withStore(
    "lists of numbers: an entry replaces its like, there is a bound, and old ones are forgotten",
    async ({ store }, { advance }) => {
      const put = (list: "block" | "allow", match: string, more: { serviceId?: string; until?: number } = {}) =>
        store.putListEntry(
          {
            id: randomUUID(),
            list,
            match,
            serviceId: null,
            until: null,
            reason: null,
            createdAt: store.now(),
            ...more,
          },
          4,
        );
      const all = async () => (await store.listEntries()).map(({ list, match }) => `${list} ${match}`);
      const serviceId = randomUUID();
      assert.deepEqual(
        [
          await put("block", "+1", { until: store.now() + 60_000 }),
          await put("block", "+91"),
          await put("block", "+91", { serviceId }),
          await put("allow", "+91"),
          await put("allow", "+92"),
        ],
        [true, true, true, true, false],
      );
      assert.equal(await put("allow", "+91", { until: store.now() + 60_000 }), true);
      assert.deepEqual((await all()).sort(), ["allow +91", "block +1", "block +91", "block +91"]);
      advance(31 * 24 * 3_600_000);
      assert.equal(await put("allow", "+92"), true, "what has ended a month ago makes room");
      assert.deepEqual((await all()).sort(), ["allow +92", "block +91", "block +91"]);
      assert.equal(await store.removeListEntries({ list: "allow", match: "+91" }, undefined), 0);
      assert.equal(await store.removeListEntries({ list: "block", match: "+91" }, serviceId), 1);
      assert.equal(await store.removeListEntries({ list: "block", match: "+91" }, undefined), 1);
      assert.deepEqual(await all(), ["allow +92"]);
    },
  );

  withStore("an idempotency key: in progress, then the stored reply, another body refused", async (caller) => {
    const idempotency = caller.claim("a");
    const input = caller.reserveInput("1", { idempotency });
    const reserved = await caller.store.reserve(input);
    assert.ok(reserved.kind === "reserved");
    const running = await caller.reserve("1", { idempotency });
    assert.ok(running.kind === "in_progress" && running.retryAfterMs === leaseMs);
    assert.equal((await caller.reserve("1", { idempotency: caller.claim("a", "another body") })).kind, "key_reused");
    await caller.settle(reserved, input.leaseToken, "accepted", { idempotency, reply: '{"n":1}' });
    const again = await caller.reserve("1", { idempotency });
    assert.ok(again.kind === "replayed" && again.reply === '{"n":1}');
    assert.deepEqual(await caller.store.recall(idempotency), again);
    assert.equal((await caller.store.recall(caller.claim("a", "another body")))?.kind, "key_reused");
    assert.equal(await caller.store.recall(caller.claim("b")), undefined);
  });

  withStore("keys of other accounts and operations are other keys", async (caller) => {
    await caller.send("1", "accepted", { idempotency: caller.claim("a") });
    const elsewhere = new Caller(caller.store);
    assert.equal((await elsewhere.reserve("1", { idempotency: elsewhere.claim("a") })).kind, "reserved");
    assert.equal((await caller.verify("x", { idempotency: caller.claim("a", "body", "verify-otp") })).kind, "compared");
  });

  withStore(
    "refused and unknown sends, and refusals of the state, store nothing: the same key runs again",
    async (caller) => {
      const idempotency = caller.claim("a");
      for (const result of ["refused", "unknown"] as const) {
        await caller.send("1", result, { idempotency });
        assert.equal(await caller.store.recall(idempotency), undefined);
      }
      await caller.send("1", "accepted", { idempotency });
      assert.equal((await caller.reserve("1", { idempotency: caller.claim("b") })).kind, "pending");
      assert.equal(await caller.store.recall(caller.claim("b")), undefined);
    },
  );

  withStore(
    "an ended claim is taken over by the same key, which sends the same code; the late settle stores nothing",
    async (caller, { advance }) => {
      const idempotency = caller.claim("a");
      const input = caller.reserveInput("1", { idempotency });
      const died = await caller.store.reserve(input);
      assert.ok(died.kind === "reserved");
      advance(leaseMs);
      const second = caller.reserveInput("2", { idempotency });
      const taken = await caller.store.reserve(second);
      assert.ok(taken.kind === "reserved");
      assert.deepEqual([taken.verificationId, taken.nonce], [died.verificationId, died.nonce]);
      await caller.settle(died, input.leaseToken, "accepted", { idempotency, reply: '"late"' });
      assert.equal((await caller.store.recall(idempotency))?.kind, "in_progress");
      await caller.settle(taken, second.leaseToken, "accepted", { idempotency, reply: '"second"' });
      const known = await caller.store.recall(idempotency);
      assert.ok(known?.kind === "replayed" && known.reply === '"second"');
    },
  );

  withStore(
    "a verify's reply is given again without a second try, until the OTP expires",
    async (caller, { advance }) => {
      await caller.send("1");
      const idempotency = caller.claim("v", "body", "verify-otp");
      const wrong = await caller.verify("x", { idempotency });
      assert.ok(wrong.kind === "compared" && wrong.attemptsRemaining === 4);
      for (let n = 0; n < 10; n += 1) {
        const again = await caller.verify("x", { idempotency });
        assert.ok(again.kind === "replayed");
        assert.deepEqual(JSON.parse(again.reply), wrong);
      }
      const next = await caller.verify("x");
      assert.equal(next.kind === "compared" && next.attemptsRemaining, 3);
      advance(ttlMs);
      assert.equal((await caller.verify("x", { idempotency })).kind, "expired");
    },
  );

  withStore("a cancel's reply is given again", async (caller) => {
    await caller.send("1");
    const idempotency = caller.claim("c", "body", "cancel-otp");
    const first = await caller.cancel({ idempotency });
    const again = await caller.cancel({ idempotency });
    assert.ok(again.kind === "replayed");
    assert.deepEqual(JSON.parse(again.reply), first);
  });

  withStore("64 parallel requests with one key: one send", async (caller, { another }) => {
    const other = new Caller(await another(), caller.key);
    const outcomes = await Promise.all(
      Array.from({ length: 64 }, (_, n) => (n % 2 ? caller : other).reserve("1", { idempotency: caller.claim("a") })),
    );
    assert.equal(outcomes.filter(({ kind }) => kind === "reserved").length, 1);
    assert.equal(outcomes.filter(({ kind }) => kind === "in_progress").length, 63);
    await other.store.close();
  });

  withStore(
    "a verification is found by its own account, living or replaced, with its timeline",
    async (caller, { advance }) => {
      const first = await caller.send("1");
      advance(ttlMs);
      const second = await caller.send("2");
      const ofFirst = await caller.store.findVerification(caller.key.accountId, first.verificationId);
      assert.deepEqual(
        [ofFirst?.status, ofFirst?.recipient, ofFirst?.deliveries.length],
        ["expired", caller.key.recipient, 1],
      );
      assert.equal(
        (await caller.store.findVerification(caller.key.accountId, second.verificationId))?.status,
        "pending",
      );
      assert.equal(await caller.store.findVerification("another account", first.verificationId), undefined);
      assert.equal(await caller.store.findVerification(caller.key.accountId, randomUUID()), undefined);
    },
  );

  withStore(
    "storage is bounded: ended verifications go to history after a day, everything is removed at its end",
    async (caller, { advance }) => {
      const limits = {
        recipient: defaults.recipientLimits,
        shared: [
          { scope: "service" as const, subject: caller.key.serviceId, limit: { count: 1_000, windowMs: 60_000 } },
        ],
      };
      const ids: string[] = [];
      for (let n = 0; n < 20; n += 1) {
        const one = new Caller(
          caller.store,
          keyFor(caller.key.accountId, caller.key.serviceId, `+9198765${10_000 + n}`),
        );
        ids.push((await one.send("1", "accepted", { limits, idempotency: one.claim(`k${n}`) })).verificationId);
        if (n % 3 === 0) await one.verify("1", { idempotency: one.claim(`v${n}`, "body", "verify-otp") });
      }
      for (let n = 0; n < 5; n += 1) await new Caller(caller.store).send("1", "refused");
      advance(ttlMs + day - 1);
      await sweepAll(caller);
      assert.deepEqual((await caller.store.sizes()).recipients, 20);
      advance(600_000);
      await sweepAll(caller);
      assert.deepEqual(await caller.store.sizes(), {
        recipients: 0,
        history: 20,
        reducedHistory: 0,
        idempotencyKeys: 0,
        limitBuckets: 0,
      });
      assert.equal((await caller.store.findVerification(caller.key.accountId, ids[0] ?? ""))?.status, "verified");
      assert.equal((await caller.store.findVerification(caller.key.accountId, ids[1] ?? ""))?.status, "expired");
      advance(30 * day);
      await sweepAll(caller);
      assert.deepEqual(await caller.store.sizes(), {
        recipients: 0,
        history: 0,
        reducedHistory: 0,
        idempotencyKeys: 0,
        limitBuckets: 0,
      });
    },
  );

  withStore("a sweep keeps counters that still count", async (caller, { advance }) => {
    await caller.send("1");
    for (let n = 0; n < 5; n += 1) await caller.verify("x");
    advance(ttlMs + day - 1);
    await caller.send("2");
    for (let n = 0; n < 5; n += 1) await caller.verify("x");
    advance(ttlMs + day - 3_600_000);
    await sweepAll(caller);
    assert.equal((await caller.store.sizes()).recipients, 1);
  });

  withStore(
    "a sweep that ends a verification keeps the sends that a long limit still counts",
    async (caller, { advance }) => {
      const limits = { recipient: [{ count: 1, windowMs: 5 * day }], shared: [] };
      await caller.send("1", "accepted", { limits });
      advance(ttlMs + day + 600_000);
      await sweepAll(caller);
      assert.equal((await caller.store.sizes()).history, 1);
      assert.equal((await caller.reserve("2", { limits })).kind, "rate_limited");
      advance(4 * day);
      await sweepAll(caller);
      assert.equal((await caller.store.sizes()).recipients, 0);
    },
  );

  withStore("a refused recipient is forgotten when its counters have expired", async (caller, { advance }) => {
    await caller.send("1", "refused");
    assert.equal((await caller.store.sizes()).recipients, 1);
    advance(day + 1);
    await sweepAll(caller);
    assert.equal((await caller.store.sizes()).recipients, 0);
  });

  withStore("the key ids of living codes are known", async (caller, { advance }) => {
    await caller.send("1");
    assert.deepEqual(await caller.store.keyIdsInUse(), ["k_test"]);
    advance(ttlMs);
    assert.deepEqual(await caller.store.keyIdsInUse(), []);
  });

  withStore("an archived account and an archived service are there, and come back as they were", async ({ store }) => {
    const account = { id: randomUUID(), name: "One", limits: [], createdAt: store.now() };
    await store.createAccount(account);
    const service = serviceOf(account.id, store.now());
    assert.equal(await store.createService(service), true);
    assert.equal(await store.createAccessKey(account.id, "ak", macOf("s")), true);
    const access = await store.findAccess("ak");
    assert.ok(access);
    const archivedAt = store.now();

    const generation = await store.generation();
    assert.deepEqual(await store.archiveService(service.id, true), { ...service, archivedAt });
    assert.equal(await store.generation(), generation + 1, "callers' caches see it");
    assert.deepEqual(await store.findService(service.id), { ...service, archivedAt });
    await store.updateService(service.id, (before) => ({ save: { ...before, name: "Two" }, outcome: "changed" }));
    assert.deepEqual(await store.findService(service.id), { ...service, name: "Two", archivedAt }, "a change keeps it");
    assert.deepEqual(await store.archiveService(service.id, false), { ...service, name: "Two" });
    assert.equal(await store.archiveService("none", true), undefined);

    assert.deepEqual(await store.updateAccount(account.id, { isArchived: true }), { ...account, archivedAt });
    assert.deepEqual(await store.updateAccount(account.id, { name: "Two" }), { ...account, name: "Two", archivedAt });
    assert.deepEqual(await store.listAccounts(), [{ ...account, name: "Two", archivedAt }]);
    assert.equal(await store.findAccess("ak"), undefined);
    assert.equal(await store.createAccessKey(account.id, "more", macOf("s")), "archived");
    assert.equal(await store.createService({ ...service, id: randomUUID() }), "archived");
    assert.equal((await store.listAccessKeys(account.id)).length, 1);
    assert.equal((await store.listServices(account.id)).length, 1);
    await store.updateAccount(account.id, { isArchived: false });
    assert.deepEqual(await store.findAccess("ak"), access);
  });

  withStore("an archived thing keeps the time at which it was archived first", async ({ store }, { advance }) => {
    const account = { id: randomUUID(), name: "One", limits: [], createdAt: store.now() };
    await store.createAccount(account);
    const archivedAt = store.now();
    await store.updateAccount(account.id, { isArchived: true });
    advance(1_000);
    assert.equal((await store.updateAccount(account.id, { isArchived: true }))?.archivedAt, archivedAt);
  });

  withStore(
    "a key's last use is written at most once a minute, never backwards, and is no change of operators'",
    async ({ store }, { another }) => {
      const other = await another();
      const account = { id: randomUUID(), name: "One", limits: [], createdAt: store.now() };
      await store.createAccount(account);
      for (const key of ["a", "b", "c"]) await store.createAccessKey(account.id, key, macOf("s"));
      const generation = await store.generation();
      const at = store.now();
      const lastUses = async () => (await store.listAccessKeys(undefined)).map(({ lastUsedAt }) => lastUsedAt);
      assert.deepEqual(await lastUses(), [null, null, null]);
      const use = (accessKey: string, ms: number) => ({ accessKey, usedAt: at + ms });
      await store.noteKeyUses([use("b", 0), use("a", 5)]);
      await other.noteKeyUses([use("a", 60_004), use("b", 60_000)]);
      assert.deepEqual(await lastUses(), [at + 5, at + 60_000, null]);
      await store.noteKeyUses([use("b", 30_000), use("a", 60_005)]);
      assert.deepEqual(await lastUses(), [at + 60_005, at + 60_000, null]);
      await Promise.all([store, other].map((each) => each.noteKeyUses([use("c", 1), use("a", 200_000)])));
      assert.deepEqual(await lastUses(), [at + 200_000, at + 60_000, at + 1]);
      await store.noteKeyUses([]);
      assert.equal(await store.generation(), generation);
      await other.close();
    },
  );

  withStore("accounts, keys and services", async ({ store }) => {
    const account = { id: randomUUID(), name: "One", limits: [{ count: 5, windowMs: 1_000 }], createdAt: store.now() };
    const generation = await store.generation();
    await store.createAccount(account);
    assert.equal(await store.generation(), generation + 1);
    assert.deepEqual(await store.listAccounts(), [account]);
    assert.equal(await store.generation(), generation + 1, "reading is no change");
    assert.deepEqual(await store.updateAccount(account.id, { limits: [] }), { ...account, limits: [] });
    assert.deepEqual(await store.updateAccount(account.id, { name: "Two" }), { ...account, name: "Two", limits: [] });
    assert.equal(await store.updateAccount("none", { limits: [] }), undefined);
    assert.equal(await store.createAccessKey("none", "ak", macOf("s")), false);
    assert.equal(await store.createAccessKey(account.id, "ak", macOf("s")), true);
    assert.deepEqual(await store.findAccess("ak"), {
      accountId: account.id,
      secretHash: macOf("s"),
      accountLimits: [],
      recipientLimits: [],
    });
    assert.equal((await store.listAccessKeys(account.id)).length, 1);
    assert.equal((await store.listAccessKeys(undefined)).length, 1);
    assert.equal((await store.listAccessKeys("none")).length, 0);
    assert.equal(await store.revokeAccessKey("ak"), true);
    assert.equal(await store.revokeAccessKey("none"), false);
    assert.equal(await store.findAccess("ak"), undefined);

    const service = serviceOf(account.id, store.now());
    assert.equal(await store.createService({ ...service, accountId: "none" }), false);
    assert.equal(await store.createService(service), true);
    assert.deepEqual(await store.findService(service.id), service);
    const messages: MessageSettings = {
      locale: "hi",
      templates: { hi: "{code} आपका कोड", "pt-BR": "{code} “{brand}”" },
      lastLine: { kind: "webotp", domain: "example.com" },
      dlt: {
        entityId: "1201159123456789012",
        templateId: "1207161234567890123",
        header: "ACMEIN",
        text: "{#var#} is your code\n",
      },
    };
    const changed = { ...service, name: "Two", template: "{code}", messages, learnRoutes: true };
    const change = () => ({ save: changed, outcome: "changed" });
    assert.equal(await store.updateService(service.id, () => ({ outcome: "left" })), "left");
    assert.deepEqual(await store.findService(service.id), service);
    assert.equal(await store.updateService(service.id, change), "changed");
    assert.equal(await store.updateService("none", change), undefined);
    assert.deepEqual(await store.findService(service.id), changed);
    // As services are kept that were made before there were these settings.
    const { learnRoutes, ...older } = changed;
    const save = { ...older, messages: {} } as unknown as Service;
    await store.updateService(service.id, () => ({ save, outcome: "changed" }));
    assert.deepEqual(await store.findService(service.id), { ...older, messages: plainMessages, learnRoutes: false });
    assert.deepEqual(
      (await store.listServices(account.id)).map(({ name, template }) => [name, template]),
      [["Two", "{code}"]],
    );
  });

  withStore(
    "gateways have unique names; receipts find the timeline of their message, living or ended, until they expire",
    async (caller, { advance }) => {
      const { store, key } = caller;
      const gateway = {
        id: randomUUID(),
        name: "one",
        provider: "http",
        sealedConfig: "sealed",
        receiptToken: "token",
        maxConcurrent: 3,
        maxPerSecond: null,
        enabled: true,
        createdAt: store.now(),
      };
      assert.equal(await store.createGateway(gateway), true);
      assert.equal(await store.createGateway({ ...gateway, id: randomUUID() }), false);
      assert.deepEqual(await store.listGateways(), [gateway]);
      const save = { ...gateway, enabled: false };
      assert.equal(await store.updateGateway("one", () => ({ save, outcome: "changed" })), "changed");
      assert.equal(await store.updateGateway("two", () => ({ save, outcome: "changed" })), undefined);
      assert.deepEqual([await store.findGateway("one"), await store.findGateway("two")], [save, undefined]);

      const input = caller.reserveInput("1");
      const reserved = await store.reserve(input);
      assert.ok(reserved.kind === "reserved");
      const attempt = {
        at: new Date(reserved.reservedAt).toISOString(),
        operation: "send-otp" as const,
        gateway: "one",
        outcome: "accepted" as const,
      };
      await caller.settle(reserved, input.leaseToken, "accepted", {
        deliveries: [{ ...attempt, messageId: "m1", durationMs: 1 }],
        messages: [{ gatewayId: gateway.id, messageId: "m1" }],
      });
      const receiptNow = async () =>
        (await store.findVerification(key.accountId, reserved.verificationId))?.deliveries[0]?.receipt?.status;
      const record = async (status: "queued" | "sent" | "delivered" | "undelivered" | "unknown") =>
        (await store.recordReceipts(gateway.id, [{ messageId: "m1", status }])).known;
      const others = [{ messageId: "m2", status: "sent" as const }];
      assert.deepEqual(await store.recordReceipts(gateway.id, others), { known: 0, unmatched: others });
      const elsewhere = [{ messageId: "m1", status: "sent" as const }];
      assert.deepEqual(await store.recordReceipts("another", elsewhere), { known: 0, unmatched: elsewhere });
      assert.equal(await record("sent"), 1);
      await record("queued");
      assert.equal(await receiptNow(), "sent");
      advance(ttlMs);
      await caller.send("2");
      await record("delivered");
      await record("undelivered");
      assert.equal(await receiptNow(), "delivered");
      advance(3 * day);
      await sweepAll(caller);
      assert.equal(await record("sent"), 0);
      assert.deepEqual(await store.removeGateway("one"), { kind: "removed" });
      assert.deepEqual(await store.removeGateway("one"), { kind: "unknown" });
    },
  );

  withStore(
    "operators' changes at once: none is lost, and each is decided over what it changes",
    async ({ store }, { another }) => {
      const other = await another();
      const account = { id: randomUUID(), name: "One", limits: [], createdAt: store.now() };
      await store.createAccount(account);
      const service = { ...serviceOf(account.id, store.now()), routes: [] };
      assert.equal(await store.createService(service), true);
      assert.equal(
        await store.createService({ ...service, id: randomUUID() }, (names) => (names.has("one") ? undefined : "no")),
        "no",
      );
      const tags = Array.from({ length: 16 }, (_, n) => `en-x-${n}`);
      const add = (handle: Store, tag: string) =>
        handle.updateService(service.id, ({ messages, ...before }) => ({
          save: { ...before, messages: { ...messages, templates: { ...messages.templates, [tag]: "{code}" } } },
          outcome: "changed",
        }));
      const added = await Promise.all(tags.map((tag, n) => add(n % 2 ? store : other, tag)));
      assert.deepEqual(new Set(added), new Set(["changed"]));
      assert.deepEqual(
        Object.keys((await store.findService(service.id))?.messages.templates ?? {}).sort(),
        tags.toSorted(),
      );

      const gateway = { id: randomUUID(), name: "one", provider: "http", sealedConfig: null, receiptToken: "token" };
      await store.createGateway({ ...gateway, ...defaultGateway, createdAt: store.now() });
      const [routed, removed] = await Promise.all([
        store.updateService(service.id, (before, names) => {
          if (!names.has("one")) return { outcome: "missing" };
          const routes = [{ match: "*", gateways: ["one"], failoverOnTimeout: false }];
          return { save: { ...before, routes }, outcome: "routed" };
        }),
        other.removeGateway("one"),
      ]);
      assert.equal((await store.findGateway("one")) === undefined, removed.kind === "removed");
      assert.equal(routed, removed.kind === "removed" ? "missing" : "routed");
      assert.equal((await store.findService(service.id))?.routes.length, routed === "routed" ? 1 : 0);
      await other.close();
    },
  );

  withStore("64 parallel first boots make one first account", async ({ store }, { another }) => {
    const other = await another();
    const made = await Promise.all(
      Array.from({ length: 64 }, (_, n) => {
        const account = { id: randomUUID(), name: "Demo", limits: [], createdAt: store.now() };
        const key = { accessKey: randomUUID(), secretHash: macOf("s") };
        return (n % 2 ? store : other).createFirstAccount({
          account,
          key,
          service: serviceOf(account.id, store.now()),
        });
      }),
    );
    assert.equal(made.filter(Boolean).length, 1);
    assert.equal((await store.listAccounts()).length, 1);
    await other.close();
  });
}

async function sweepAll({ store }: Caller): Promise<void> {
  for (let n = 0; n < 50; n += 1) if (!(await store.sweep(7)).more) return;
  throw new Error("the sweep does not come to an end");
}

export function serviceOf(accountId: string, createdAt: number): Service {
  const routes = [{ match: "IN", gateways: ["a", "b"], failoverOnTimeout: true }];
  return { ...defaultSettings, id: randomUUID(), accountId, name: "Service", routes, createdAt };
}
