/** GET /metrics: what it counts, and who may read it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { replies, startGateway } from "@antryk/testkit/gateway";
import { newRecipient } from "@antryk/testkit/http/expect";
import { startService, type TestService } from "@antryk/testkit/service";

async function read(
  service: TestService,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  const reply = await fetch(`${service.baseUrl}/metrics`, { headers });
  return { status: reply.status, text: await reply.text() };
}

const readValue = (text: string, line: string) =>
  Number(
    text
      .split("\n")
      .find((each) => each.startsWith(`${line} `))
      ?.split(" ")
      .at(-1),
  );

test("sends, verifies, gateways' answers and batches are counted by their outcome", async () => {
  await using gateway = await startGateway();
  await using service = await startService({ service: gateway.service });
  const to = newRecipient();
  await service.post("send-otp", { to });
  await service.post("send-otp", { to });
  await service.post("verify-otp", { to, otp: gateway.codes(to)[0] === "000000" ? "111111" : "000000" });
  await service.post("verify-otp", { to, otp: gateway.codes(to)[0] });
  gateway.behave(replies(500));
  await service.post("send-otp", { to: newRecipient() });
  const { text } = await read(service);
  assert.equal(readValue(text, 'antryk_sends_total{operation="send-otp",outcome="sent"}'), 1);
  assert.equal(readValue(text, 'antryk_sends_total{operation="send-otp",outcome="pending"}'), 1);
  assert.equal(readValue(text, 'antryk_verifies_total{outcome="wrong"}'), 1);
  assert.equal(readValue(text, 'antryk_verifies_total{outcome="valid"}'), 1);
  assert.equal(readValue(text, 'antryk_gateway_attempts_total{gateway="http",class="accepted"}'), 1);
  assert.match(text, /antryk_gateway_attempts_total\{gateway="http",class="(?!accepted)\w+"\} 1/);
  assert.ok(readValue(text, "antryk_store_calls_total") >= 6, text);
  assert.equal(readValue(text, "antryk_workers"), 1);
});

test("404 not_found: something forwarded it, or it is switched off; `on` shows it to everybody", async () => {
  const forwarded = { "x-forwarded-for": "203.0.113.7" };
  await using local = await startService();
  assert.deepEqual([(await read(local)).status, (await read(local, forwarded)).status], [200, 404]);
  await using off = await startService({ metricsExposure: "off" });
  assert.equal((await read(off)).status, 404);
  await using on = await startService({ metricsExposure: "on" });
  assert.equal((await read(on, forwarded)).status, 200);
});
