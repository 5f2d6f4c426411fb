/** The operators' verbs on a real store: only what is given changes, and no parallel change is lost. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Keyring, newKeyring } from "../keyring/keyring.ts";
import type { Route, Service } from "../model/service.ts";
import { openSqliteStore } from "../store/sqlite/open.ts";
import { createAccount, updateAccount } from "./accounts.ts";
import { gatewayDetails } from "./gateway-details.ts";
import { addGateway, updateGateway } from "./gateways.ts";
import { createKey, revokeKey } from "./keys.ts";
import type { Parts } from "./parts.ts";
import { archiveService, createService, type ServiceChanges, updateService } from "./services.ts";
import { shownService } from "./shown.ts";
import { unlockRecipient } from "./unlock.ts";

/** One store in a file, opened twice, as by two processes. */
class Operators implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "antryk-verbs-"));
  readonly #keyring = new Keyring(newKeyring());
  readonly one: Parts = this.#open();
  readonly two: Parts = this.#open();

  #open(): Parts {
    return { store: openSqliteStore({ path: join(this.#folder, "antryk.db") }), keyring: this.#keyring };
  }

  async account(): Promise<string> {
    const made = await createAccount(this.one.store, { name: "Acme" });
    assert.ok(made.kind === "account");
    return made.account.id;
  }

  async service(changes: ServiceChanges = {}): Promise<Service> {
    const made = await createService(this.one, await this.account(), "Acme", changes);
    assert.ok(made.kind === "service", JSON.stringify(made));
    return made.service;
  }

  async gateway(name: string): Promise<void> {
    const settings = { url: "https://sms.example.com/" };
    assert.equal((await addGateway(this.one, { name, provider: "http", settings })).kind, "gateway");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.one.store.close(), this.two.store.close()]);
    rmSync(this.#folder, { recursive: true });
  }
}

const through = (...gateways: string[]): Route[] => [{ match: "*", gateways, failoverOnTimeout: false }];

test("20 parallel updates of a service, through two handles: none is lost", async () => {
  await using operators = new Operators();
  const { one, two } = operators;
  const { id } = await operators.service();
  const texts = Array.from({ length: 16 }, (_, n) => [`en-x-${n}`, `{code} is code ${n}`] as const);
  const changes: ServiceChanges[] = [
    { ttlSeconds: 60 },
    { maxAttempts: 3 },
    { serviceLimits: [{ count: 5, windowMs: 60_000 }] },
    { messages: { locale: "hi" } },
    ...texts.map(([tag, text]) => ({ messages: { templates: { [tag]: text } } })),
  ];
  const outcomes = await Promise.all(changes.map((each, n) => updateService(n % 2 ? one : two, id, each)));
  for (const { kind } of outcomes) assert.equal(kind, "service");
  const service = await one.store.findService(id);
  assert.deepEqual(
    [service?.ttlSeconds, service?.maxAttempts, service?.serviceLimits, service?.messages.locale],
    [60, 3, [{ count: 5, windowMs: 60_000 }], "hi"],
  );
  assert.deepEqual(service?.messages.templates, Object.fromEntries(texts));
});

test("a gateway is removed or gets into a route, never both", async () => {
  await using operators = new Operators();
  const { one, two } = operators;
  const { id } = await operators.service();
  for (let round = 0; round < 20; round += 1) {
    const name = `gateway-${round}`;
    await operators.gateway(name);
    const add = () => updateService(one, id, { routes: through(name) });
    const remove = () => two.store.removeGateway(name);
    // Whoever begins first is not always the first to be done.
    const [added, removed] =
      round % 2 ? await Promise.all([add(), remove()]) : (await Promise.all([remove(), add()])).toReversed();
    const routes = (await one.store.findService(id))?.routes ?? [];
    if (removed?.kind === "removed") {
      assert.equal(added?.kind, "missing_gateway");
      assert.ok(!routes.some(({ gateways }) => gateways.includes(name)), `round ${round}`);
    } else {
      assert.deepEqual([added?.kind, removed], ["service", { kind: "in_use", serviceIds: [id] }]);
      assert.deepEqual(routes, through(name));
    }
    assert.equal((await updateService(one, id, { routes: [] })).kind, "service");
  }
});

test("routes through a gateway that does not exist are refused, and nothing is made or changed", async () => {
  await using operators = new Operators();
  const { one } = operators;
  await operators.gateway("a");
  const [route] = through("a", "b");
  const refusal = { kind: "missing_gateway", route, gateway: "b" };
  const accountId = await operators.account();
  assert.deepEqual(await createService(one, accountId, "Acme", { routes: through("a", "b") }), refusal);
  assert.deepEqual(await one.store.listServices(undefined), []);
  const service = await operators.service({ routes: through("a") });
  assert.deepEqual(await updateService(one, service.id, { ttlSeconds: 60, routes: through("a", "b") }), refusal);
  assert.deepEqual(await one.store.findService(service.id), service);
});

test("an impossible value is a problem, a missing thing is unknown, and nothing changes", async () => {
  await using operators = new Operators();
  const { one } = operators;
  const service = await operators.service();
  const none = randomUUID();
  for (const changes of [
    { ttlSeconds: 5 },
    { serviceLimits: [{ count: 0, windowMs: 1_000 }] },
    { recipientLimits: [{ count: 101, windowMs: 1_000 }] },
    { wrongCode: "maybe" as "otp_invalid" },
    { routes: [{ match: "india", gateways: ["a"], failoverOnTimeout: false }] },
    { config: { from: "+14155550100" }, configOf: "twilio" },
  ] satisfies ServiceChanges[]) {
    if (changes.routes) await operators.gateway("a");
    assert.equal((await updateService(one, service.id, changes)).kind, "problem", JSON.stringify(changes));
  }
  assert.deepEqual(await one.store.findService(service.id), service);
  assert.deepEqual(await updateService(one, none, { ttlSeconds: 60 }), { kind: "unknown" });
  assert.deepEqual(await createService(one, none, "Acme", {}), { kind: "unknown" });
  assert.deepEqual(await updateGateway(one, "none", { enabled: false }), { kind: "unknown" });
  assert.deepEqual(await gatewayDetails(one, "none", undefined), { kind: "unknown" });
  assert.equal((await createAccount(one.store, { name: " " })).kind, "problem");
  assert.equal(
    (await updateAccount(one.store, service.accountId, { limits: [{ count: 1, windowMs: 1 }] })).kind,
    "problem",
  );
  assert.deepEqual(await updateAccount(one.store, none, { limits: [] }), { kind: "unknown" });
  assert.deepEqual(await createKey(one.store, none), { kind: "unknown" });
  assert.deepEqual(await revokeKey(one.store, "none"), { kind: "unknown" });
  assert.deepEqual(await unlockRecipient(one, none, "+919876543210"), { kind: "unknown" });
});

test("a gateway is changed in place: only what is given; its id and receipt address stay", async () => {
  await using operators = new Operators();
  const { one, two } = operators;
  const settings = { apiKey: "bk_eu1_first", from: "Acme" };
  const made = await addGateway(one, { name: "bird", provider: "bird", settings, maxPerSecond: 10 });
  assert.ok(made.kind === "gateway", JSON.stringify(made));
  const [rotated, disabled, capped] = await Promise.all([
    updateGateway(one, "bird", { settings: { apiKey: "bk_eu1_second" }, settingsOf: "bird" }),
    updateGateway(two, "bird", { enabled: false }),
    updateGateway(one, "bird", { maxConcurrent: 4, maxPerSecond: null }),
  ]);
  assert.deepEqual([rotated.kind, disabled.kind, capped.kind], ["gateway", "gateway", "gateway"]);
  const after = await one.store.findGateway("bird");
  const { sealedConfig, ...rest } = after ?? assert.fail("it is gone");
  assert.deepEqual(JSON.parse(one.keyring.open(sealedConfig ?? "", rest.id)), {
    apiKey: "bk_eu1_second",
    from: "Acme",
  });
  const { sealedConfig: _, ...before } = made.gateway;
  assert.deepEqual(rest, { ...before, enabled: false, maxConcurrent: 4, maxPerSecond: null });

  for (const changes of [
    { settings: { from: null } },
    { settings: { sender: "x" } },
    { settings: { url: "https://x/" }, settingsOf: "http" },
    { maxPerSecond: 0 },
  ])
    assert.equal((await updateGateway(one, "bird", changes)).kind, "problem", JSON.stringify(changes));
  assert.deepEqual(await one.store.findGateway("bird"), after);
  assert.deepEqual(await addGateway(one, { name: "bird", provider: "sandbox" }), { kind: "taken" });
});

test("a change of a gateway that would leave a service's sender without effect is refused", async () => {
  await using operators = new Operators();
  const { one, two } = operators;
  const profile = "5f0c8f0e-4f3b-4c62-9d5a-0d6b1d0f3a11";
  const settings = { apiKey: "k", publicKey: `${"A".repeat(43)}=`, from: "+14155550100", messagingProfileId: profile };
  assert.equal((await addGateway(one, { name: "tx", provider: "telnyx", settings })).kind, "gateway");
  const { id } = await operators.service();
  const named: Route = { match: "IN", gateways: ["tx"], senders: { tx: "Acme" }, failoverOnTimeout: false };
  const withoutProfile = { settings: { messagingProfileId: null } };

  // Of both at once, in either order, one is refused: it sees the other.
  for (let round = 0; round < 6; round += 1) {
    await updateGateway(one, "tx", { settings: { messagingProfileId: profile } });
    const both = [() => updateGateway(one, "tx", withoutProfile), () => updateService(two, id, { routes: [named] })];
    const outcomes = await Promise.all((round % 2 ? both.reverse() : both).map((change) => change()));
    assert.equal(outcomes.filter(({ kind }) => kind === "problem").length, 1, JSON.stringify(outcomes));
    await updateService(one, id, { routes: [] });
  }

  await updateGateway(one, "tx", { settings: { messagingProfileId: profile } });
  await updateService(one, id, { routes: [named] });
  await archiveService(one, id, true);
  const before = await one.store.findGateway("tx");
  const refused = await updateGateway(one, "tx", withoutProfile);
  assert.ok(refused.kind === "problem", JSON.stringify(refused));
  assert.ok(
    refused.message.startsWith(
      `the gateway tx could no longer send as Acme, which the service ${id}, route IN=tx[Acme] names: `,
    ),
    refused.message,
  );
  assert.deepEqual(await one.store.findGateway("tx"), before);
  for (const enabled of [false, true]) assert.equal((await updateGateway(one, "tx", { enabled })).kind, "gateway");
  assert.equal((await updateGateway(one, "tx", { settings: { apiKey: "new" } })).kind, "gateway");

  // As if it had been saved under other rules: what was impossible before stops no other change.
  const impossible = { ...named, senders: { tx: "TwelveLetter" } };
  await one.store.updateService(id, (service) => ({ save: { ...service, routes: [impossible] }, outcome: "saved" }));
  for (const changes of [withoutProfile, { enabled: false }, { maxPerSecond: 5 }])
    assert.equal((await updateGateway(one, "tx", changes)).kind, "gateway", JSON.stringify(changes));
});

test("null takes an optional setting away", async () => {
  await using operators = new Operators();
  const { one } = operators;
  const settings = { authKey: "0123456789abcdef", sender: "ACMEIN", baseUrl: "https://msg91.example.com" };
  const made = await addGateway(one, { name: "in", provider: "msg91", settings });
  assert.equal(made.kind, "gateway", JSON.stringify(made));
  assert.equal((await updateGateway(one, "in", { settings: { baseUrl: null } })).kind, "gateway");
  const details = await gatewayDetails(one, "in", undefined);
  assert.ok(details.kind === "gateway");
  assert.deepEqual(details.settings, { sender: "ACMEIN" });
});

test("what is shown of a gateway holds no secret, and names the services that use it", async () => {
  await using operators = new Operators();
  const { one } = operators;
  await operators.gateway("own");
  const { id } = await operators.service({ routes: through("own") });
  const details = await gatewayDetails(one, "own", "https://otp.example.com");
  assert.ok(details.kind === "gateway");
  const { kind, receiptUrl, ...shown } = details;
  assert.match(receiptUrl ?? "", /^https:\/\/otp\.example\.com\/receipts\/http\/[\w-]{32}$/);
  assert.deepEqual(shown, {
    name: "own",
    provider: "http",
    enabled: true,
    maxConcurrent: null,
    maxPerSecond: null,
    settings: { url: "https://sms.example.com/" },
    secrets: ["secret"],
    services: [id],
  });
});

test("a change that does not name the service's own gateway leaves its sealed settings as they are", async () => {
  await using operators = new Operators();
  const { one } = operators;
  const service = await operators.service({ provider: "http", config: { url: "https://sms.example.com/" } });
  const changed = await updateService(one, service.id.toUpperCase(), { ttlSeconds: 60 });
  assert.ok(changed.kind === "service");
  assert.equal(changed.service.sealedConfig, service.sealedConfig);
  assert.ok(!JSON.stringify(shownService(changed.service)).includes("sms.example.com"));
});
