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
  const reply = await fetch(`${service.operationsUrl}/metrics`, { headers });
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

test("404 not_found: it is switched off", async () => {
  await using off = await startService({ hasMetrics: false });
  assert.equal((await read(off)).status, 404);
});
