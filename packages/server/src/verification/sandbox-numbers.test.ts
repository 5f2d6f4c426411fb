import assert from "node:assert/strict";
import { it } from "node:test";
import { sandboxLines } from "@antryk/contract";
import { startReceiver } from "@antryk/testkit/receiver";
import { startService, type TestService } from "@antryk/testkit/service";
import { addGateway } from "../administration/gateways.ts";

/** Each number of the table, as a recipient that no other test has. */
const numbers = Object.keys(sandboxLines).map((line) => `+1303555${line}`);

async function throughAll(service: TestService): Promise<(string | undefined)[]> {
  const answers: (string | undefined)[] = [];
  for (const to of numbers) {
    const sent = await service.post("send-otp", { to });
    const verified = await service.post("verify-otp", { to, otp: "0000" });
    answers.push(sent.body.errors?.[0].type ?? verified.body.errors?.[0].type);
  }
  return answers;
}

const asAnyOther = numbers.map(() => undefined);

it("with a real gateway they are numbers as any other", async () => {
  await using receiver = await startReceiver();
  await using service = await startService({ service: { provider: "http", config: { url: receiver.url } } });
  assert.deepEqual(await throughAll(service), asAnyOther);
  assert.deepEqual(
    receiver.messages.map(({ to }) => to),
    numbers,
  );
});

it("a route through the sandbox answers them, one that names a real gateway as well does not", async () => {
  await using receiver = await startReceiver();
  await using service = await startService();
  await addGateway(service, { name: "box", provider: "sandbox", settings: {} });
  await addGateway(service, { name: "real", provider: "http", settings: { url: receiver.url } });
  const through = (...gateways: string[]) =>
    service.addCaller({ routes: [{ match: "*", gateways, failoverOnTimeout: false }] });
  const [simulated, mixed] = [await through("box"), await through("box", "real")];
  const [pending = "", unavailable = ""] = ["+13035550162", "+13035550164"];
  const type = async (to: string, caller: typeof mixed) =>
    (await service.post("send-otp", { to }, {}, caller)).body.errors?.[0].type;
  assert.equal(await type(pending, simulated), "otp_pending");
  assert.equal(await type(pending, mixed), undefined);
  for (let sends = 0; sends < 8; sends++) assert.equal(await type(unavailable, simulated), "provider_unavailable");
  assert.equal(await type("+13035550143", simulated), undefined, "the gateway is not taken for broken");
  assert.equal(await type(unavailable, mixed), undefined);
  assert.equal(receiver.messages.length, 0, "the sandbox comes first, and takes them");
});

it("the policy does not judge them, and nothing of them stays", async () => {
  await using service = await startService({
    service: { countries: ["IN"], serviceLimits: [{ count: 1, windowMs: 60_000 }] },
  });
  for (let sends = 0; sends < 4; sends++)
    assert.equal((await service.post("send-otp", { to: "+13035550163" })).body.errors[0].limit, "recipient");
  assert.equal((await service.post("send-otp", { to: "+13035550182" })).status, 200);
  assert.equal((await service.post("send-otp", { to: "+13035550143" })).body.errors[0].reason, "country");
  assert.equal((await service.post("send-otp", { to: "+919876543210" })).status, 200);
});

it("a service that sends nothing for the moment answers them as any other", async () => {
  await using service = await startService({ service: { paused: true } });
  const { body } = await service.post("send-otp", { to: "+13035550162" });
  assert.equal(body.errors[0].type, "provider_unavailable");
});
