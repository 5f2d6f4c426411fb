/** The bodies that the documentation prints, byte for byte on the documented fields, in the documented order. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { newRecipient, sent, verify, wrongCode } from "@antryk/testkit/http/expect";
import { openApiProblem } from "@antryk/testkit/http/openapi";
import { startService } from "@antryk/testkit/service";

const service = await startService();
after(() => service[Symbol.asyncDispose]());

/** The reply's text with only these fields of `data`, in the order in which they stand. */
function documented(text: string, fields: readonly string[]): string {
  const { data, ...envelope } = JSON.parse(text);
  const kept = Object.fromEntries(Object.entries(data).filter(([name]) => fields.includes(name)));
  return JSON.stringify({ ...envelope, data: kept });
}

async function postText(operation: string, body: object): Promise<{ status: number; text: string }> {
  const reply = await fetch(`${service.baseUrl}/api/v1/sms/${operation}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-access-key": service.accessKey,
      "x-secret-key": service.secretKey,
    },
    body: JSON.stringify(body),
  });
  return { status: reply.status, text: await reply.text() };
}

const serviceId = service.serviceId;

test("send-otp 200: the documented body", async () => {
  const { status, text } = await postText("send-otp", { to: "+919876543210", serviceId });
  assert.equal(status, 200);
  assert.equal(
    documented(text, ["to", "serviceId", "status"]),
    `{"success":true,"message":"Otp Sent Successfully!",` +
      `"data":{"to":"+919876543210","serviceId":"${serviceId}","status":"pending"}}`,
  );
});

test("resend-otp 200: the body of send-otp", async () => {
  const to = newRecipient();
  await sent(service, to);
  service.clock.advance(30_000);
  const { text } = await postText("resend-otp", { to, serviceId });
  assert.equal(
    documented(text, ["to", "serviceId", "status"]),
    `{"success":true,"message":"Otp Sent Successfully!",` +
      `"data":{"to":"${to}","serviceId":"${serviceId}","status":"pending"}}`,
  );
});

test("verify-otp 200: the documented body of a right code", async () => {
  const to = newRecipient();
  const { code } = await sent(service, to);
  const { status, text } = await postText("verify-otp", { to, serviceId, otp: code });
  assert.equal(status, 200);
  assert.equal(
    documented(text, ["valid", "to", "status"]),
    `{"success":true,"message":"Otp Verified Successfully!","data":{"valid":true,"to":"${to}","status":"verified"}}`,
  );
});

test("verify-otp 200: the documented body of a wrong code", async () => {
  const to = newRecipient();
  const { code } = await sent(service, to);
  const { status, text } = await postText("verify-otp", { to, serviceId, otp: wrongCode(code) });
  assert.equal(status, 200);
  assert.equal(
    documented(text, ["valid", "status", "to"]),
    `{"success":true,"message":null,"data":{"valid":false,"status":"pending","to":"${to}"}}`,
  );
});

test("cancel-otp 200: the body of the contract", async () => {
  const to = newRecipient();
  await sent(service, to);
  const { status, text } = await postText("cancel-otp", { to, serviceId });
  assert.equal(status, 200);
  assert.equal(
    documented(text, ["to", "serviceId", "status"]),
    `{"success":true,"message":"Otp Cancelled Successfully!",` +
      `"data":{"to":"${to}","serviceId":"${serviceId}","status":"cancelled"}}`,
  );
});

test("an unknown service on send: the documented error, its `type` and `param` beside it", async () => {
  const { status, text } = await postText("send-otp", {
    to: newRecipient(),
    serviceId: "5f0c8f0e-4f3b-4c62-9d5a-0d6b1d0f3a11",
  });
  assert.equal(status, 401);
  assert.equal(
    text,
    '{"success":false,"errors":' +
      '[{"message":"Invalid Request","code":401,"type":"invalid_request","param":"serviceId"}]}',
  );
});

test("the additive fields: ids, whole seconds and ISO times that agree with each other", async () => {
  const to = newRecipient();
  const startedAt = service.clock.now();
  const { code, data } = await sent(service, to);
  assert.match(data.verificationId, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  assert.equal(data.expiresIn, 300);
  assert.equal(data.expiresAt, new Date(startedAt + 300_000).toISOString());
  assert.equal(data.resendAt, new Date(startedAt + 30_000).toISOString());

  service.clock.advance(1_500);
  const wrong = await verify(service, to, wrongCode(code));
  assert.equal(wrong.body.data.verificationId, data.verificationId);
  assert.equal(wrong.body.data.attemptsRemaining, 4);
  assert.equal(wrong.body.data.expiresAt, data.expiresAt);
  assert.equal(wrong.body.data.expiresIn, 299, "298.5 s are left: rounded up");
  const right = await verify(service, to, code);
  assert.equal(right.body.data.verificationId, data.verificationId);
});

test("every documented body fits the OpenAPI document", async () => {
  const to = newRecipient();
  const send = await service.post("send-otp", { to });
  const code = service.lastCode(to);
  assert.equal(openApiProblem("send-otp", send), undefined);
  assert.equal(openApiProblem("verify-otp", await verify(service, to, wrongCode(code))), undefined);
  service.clock.advance(30_000);
  assert.equal(openApiProblem("resend-otp", await service.post("resend-otp", { to })), undefined);
  assert.equal(openApiProblem("cancel-otp", await service.post("cancel-otp", { to })), undefined);
  assert.match(
    String(openApiProblem("send-otp", { status: 200, body: { success: true } })),
    /message/,
    "the check itself can fail",
  );
});
