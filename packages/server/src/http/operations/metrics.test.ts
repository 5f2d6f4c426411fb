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
  const sends = (outcome: string) =>
    readValue(
      text,
      `antryk_sends_total{operation="send-otp",service="${service.serviceId}",country="IN",outcome="${outcome}"}`,
    );
  assert.deepEqual([sends("sent"), sends("pending")], [1, 1]);
  assert.equal(readValue(text, 'antryk_verifies_total{outcome="wrong"}'), 1);
  assert.equal(readValue(text, 'antryk_verifies_total{outcome="valid"}'), 1);
  assert.equal(readValue(text, 'antryk_gateway_attempts_total{gateway="http",class="accepted"}'), 1);
  assert.match(text, /antryk_gateway_attempts_total\{gateway="http",class="(?!accepted)\w+"\} 1/);
  assert.ok(readValue(text, "antryk_store_calls_total") >= 6, text);
  assert.equal(readValue(text, "antryk_workers"), 1);
  assert.equal(readValue(text, 'antryk_http_requests_total{route="verify-otp",status="200"}'), 2);
  assert.equal(readValue(text, 'antryk_http_request_seconds_count{route="send-otp"}'), 3);
  assert.equal(readValue(text, 'antryk_http_request_seconds_bucket{route="send-otp",le="+Inf"}'), 3);
  assert.equal(readValue(text, 'antryk_gateway_seconds_count{gateway="http"}'), 2);
  assert.match(text, /^antryk_build_info\{version="[^"]+",node="v24[^"]*",engine="\w+"\} 1$/m);
});

test("what has not happened yet is 0, so that its first time shows", async () => {
  await using service = await startService();
  const { text } = await read(service);
  assert.equal(readValue(text, 'antryk_limit_refusals_total{limit="account"}'), 0);
  assert.equal(readValue(text, 'antryk_decisions_total{reason="budget",rule="",mode="enforce"}'), 0);
  assert.equal(readValue(text, "antryk_keyring_stale"), 0);
});

test("at debug every answer is a line: request, service, key and server, and never a number", async () => {
  await using service = await startService();
  const to = newRecipient();
  await service.post("send-otp", { to }, { "x-request-id": "case-1" });
  const line = service.logLines.find((each) => each.includes("case-1")) ?? "{}";
  const { event, route, status, serviceId, accessKey, node } = JSON.parse(line);
  assert.deepEqual([event, route, status, serviceId], ["request", "send-otp", 200, service.serviceId]);
  assert.match(`${accessKey} ${node}`, /^\S+ [0-9a-f-]{36}$/);
  assert.ok(!line.includes(to.slice(1)));
});

test("routes that nobody has are one route", async () => {
  await using service = await startService();
  for (const path of ["/a", "/b", "/api/v1/sms/verifications/1/2"]) await fetch(`${service.baseUrl}${path}`);
  await fetch(`${service.baseUrl}/api/v1/sms/verifications/1`);
  const { text } = await read(service);
  assert.equal(readValue(text, 'antryk_http_requests_total{route="other",status="404"}'), 3);
  const known = 'route="/api/v1/sms/verifications/:verificationId",status="401"';
  assert.equal(readValue(text, `antryk_http_requests_total{${known}}`), 1);
});

test("404 not_found: it is switched off", async () => {
  await using off = await startService({ hasMetrics: false });
  assert.equal((await read(off)).status, 404);
});
