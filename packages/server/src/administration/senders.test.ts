/** A sender that a gateway can't use is refused when it is set, by every provider's own rules. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startService, type TestService } from "@antryk/testkit/service";
import { parseRoute } from "../policy/route-notation.ts";
import { gatewayDetails } from "./gateway-details.ts";
import { addGateway } from "./gateways.ts";
import { createService, type ServiceChanges, updateService } from "./services.ts";
import { shownService } from "./shown.ts";

const arn = "arn:aws:sms-voice:eu-west-1:123456789012:pool/pool-0a1b2c";
const powerpack = "5f0c8f0e-4f3b-4c62-9d5a-0d6b1d0f3a11";
const messagingService = `MG${"0".repeat(32)}`;

interface Kind {
  readonly provider: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly takes: readonly string[];
  readonly refuses: readonly string[];
}

const tooLong = "TwelveLetter";
const kinds: readonly Kind[] = [
  {
    provider: "twilio",
    settings: { accountSid: `AC${"0".repeat(32)}`, authToken: "t", from: "+14155550100" },
    takes: ["+14155550101", "12345", "Acme", messagingService],
    refuses: [tooLong, "14155550101", "MG0000000000", "-"],
  },
  {
    provider: "plivo",
    settings: { authId: "MA000000000000000000", authToken: "t", from: "Acme" },
    takes: ["+14155550101", "14155550101", "Acme", powerpack],
    refuses: [tooLong, "12"],
  },
  {
    provider: "infobip",
    settings: { baseUrl: "https://x.api.infobip.com", apiKey: "k", from: "Acme" },
    takes: ["+14155550101", "ACMEIN"],
    refuses: [tooLong, messagingService],
  },
  {
    provider: "telnyx",
    settings: { apiKey: "k", publicKey: `${"A".repeat(43)}=` },
    takes: ["+14155550101", "12345"],
    refuses: ["Acme", tooLong, "14155550101"],
  },
  {
    provider: "telnyx",
    settings: { apiKey: "k", publicKey: `${"A".repeat(43)}=`, messagingProfileId: powerpack },
    takes: ["Acme"],
    refuses: [tooLong],
  },
  {
    provider: "sinch",
    settings: { region: "eu", servicePlanId: "p", apiToken: "t" },
    takes: ["14155550101", "Acme"],
    refuses: [tooLong],
  },
  { provider: "bird", settings: { apiKey: "bk_eu1_x", from: "Acme" }, takes: ["Acme"], refuses: [tooLong] },
  {
    provider: "aws",
    settings: { region: "eu-west-1", accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "s" },
    takes: ["Acme", "+14155550101", arn, "pool-0a1b2c"],
    refuses: [tooLong, "arn:other:pool"],
  },
  { provider: "msg91", settings: { authKey: "k", sender: "ACMEIN" }, takes: ["ACMETX"], refuses: [tooLong] },
  {
    provider: "kannel",
    settings: { url: "http://127.0.0.1:9/cgi-bin/sendsms", username: "u", password: "p" },
    takes: ["Acme Shop", "12345", "+14155550101"],
    refuses: [tooLong],
  },
  {
    provider: "smpp",
    settings: { url: "smpp://127.0.0.1:9", systemId: "a", password: "b" },
    takes: ["Acme Shop", "12345", "+14155550101", "10690123456789012"],
    refuses: [tooLong, "+123"],
  },
  { provider: "http", settings: { url: "http://127.0.0.1:9/" }, takes: ["whatever the receiver takes"], refuses: [] },
  { provider: "sandbox", settings: {}, takes: [], refuses: ["Acme"] },
];

const update = (service: TestService, changes: ServiceChanges) => updateService(service, service.serviceId, changes);

function route(text: string) {
  const read = parseRoute(text);
  assert.ok(typeof read !== "string", String(read));
  return read;
}

for (const { provider, settings, takes, refuses } of kinds) {
  test(`senders of ${provider} with ${Object.keys(settings).join(", ") || "no settings"}`, async () => {
    await using service = await startService();
    const added = await addGateway(service, { name: "gw", provider, settings });
    assert.equal(added.kind, "gateway", JSON.stringify(added));
    for (const sender of takes) {
      const outcome = await update(service, { routes: [route(`IN=gw[${sender}]`)], sender: null });
      assert.equal(outcome.kind, "service", JSON.stringify(outcome));
      assert.equal((await update(service, { routes: [route("*=gw")], sender })).kind, "service");
    }
    await update(service, { routes: [route("*=gw")], sender: null });
    for (const sender of refuses) {
      for (const changes of [{ routes: [route(`IN=gw[${sender}]`)] }, { sender }]) {
        const outcome = await update(service, changes);
        assert.ok(outcome.kind === "problem", `${sender}: ${JSON.stringify(outcome)}`);
        assert.match(outcome.message, /^[^\n]+$/);
        assert.ok(outcome.message.includes(sender), outcome.message);
        if (provider === "sandbox") assert.match(outcome.message, /messages of the provider sandbox have no sender$/);
      }
    }
    assert.deepEqual((await service.store.findService(service.serviceId))?.sender, null);
  });
}

test("a new service and one without routes are checked too; what is saved does not block other changes", async () => {
  await using service = await startService();
  const made = await createService(service, service.accountId, "Acme", { sender: "Acme" });
  assert.ok(made.kind === "problem");
  assert.match(made.message, /^the sender Acme: messages of the provider sandbox have no sender$/);
  const http = { provider: "http", config: { url: "http://127.0.0.1:9/" } };
  assert.equal((await createService(service, service.accountId, "Acme", { ...http, sender: "Acme" })).kind, "service");
  assert.equal((await update(service, { ...http, sender: "Acme" })).kind, "service");
  assert.equal((await update(service, { provider: "sandbox" })).kind, "problem");
  // As if it had been saved under other rules.
  await service.store.updateService(service.serviceId, (before) => ({
    save: { ...before, provider: "sandbox" },
    outcome: "saved",
  }));
  assert.equal((await update(service, { paused: true })).kind, "service");
});

test("who sends as whom is shown on the service and on the gateway", async () => {
  await using service = await startService();
  await addGateway(service, { name: "own", provider: "http", settings: { url: "http://127.0.0.1:9/" } });
  await addGateway(service, { name: "more", provider: "http", settings: { url: "http://127.0.0.1:9/" } });
  const changed = await update(service, { routes: [route("IN=own[ACMEIN],more"), route("*=own")], sender: "Acme" });
  assert.ok(changed.kind === "service");
  const { routes, sender } = shownService(changed.service);
  assert.deepEqual([routes, sender], [["IN=own[ACMEIN],more", "*=own"], "Acme"]);
  const details = await gatewayDetails(service, "own", undefined);
  assert.ok(details.kind === "gateway");
  const id = service.serviceId;
  assert.deepEqual(details.senders, { [`${id} IN`]: "ACMEIN", [`${id} *`]: "Acme" });
});

test("with DLT, a sender of a route for India is a header, and one that differs is pointed out", async () => {
  await using service = await startService();
  await addGateway(service, { name: "own", provider: "http", settings: { url: "http://127.0.0.1:9/" } });
  const dlt = {
    entityId: "1201159123456789012",
    templateId: "1207161234567890123",
    header: "ACMEIN",
    text: "{#var#} is your Acme code. It expires in {#var#} min. Do not share it with anyone.",
  };
  await update(service, {
    template: "{code} is your Acme code. It expires in {minutes} min. Do not share it with anyone.",
  });
  const same = await update(service, { messages: { dlt }, routes: [route("IN=own[ACMEIN]")] });
  assert.deepEqual("warnings" in same ? same.warnings : same, []);
  const other = await update(service, { routes: [route("+91=own[ACMETX]"), route("*=own[Shop 24]")] });
  assert.ok(other.kind === "service", JSON.stringify(other));
  assert.match(other.warnings.join(), /ACMETX.*ACMEIN/);
  const wrong = await update(service, { routes: [route("IN=own[+14155550100]")] });
  assert.match(wrong.kind === "problem" ? wrong.message : "", /registered header/);
});
