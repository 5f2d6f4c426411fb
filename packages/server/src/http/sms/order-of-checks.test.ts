/**
 * CONTRACT §3: route and method → draining → media type and size → JSON object → credentials →
 * idempotency → service → recipient → otp → policy → state → limits.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { bounds, type ErrorType } from "@antryk/contract";
import { holds, startGateway } from "@antryk/testkit/gateway";
import { guessWrong, newRecipient, sent } from "@antryk/testkit/http/expect";
import { badServiceOf, smsOperations } from "@antryk/testkit/http/operations";
import { startService, type TestService } from "@antryk/testkit/service";

const service = await startService();
after(() => service[Symbol.asyncDispose]());

/** It is stopping as long as the gateway holds one of its sends. */
const gateway = await startGateway();
const held = holds();
gateway.behave(held.behaviour);
const stopping = await startService({ service: gateway.service });
const lastSend = stopping.post("send-otp", { to: newRecipient() });
await gateway.arrived(1);
const stopped = stopping.app.close(300_000);
after(async () => {
  held.release();
  await Promise.all([lastSend, stopped]);
  await gateway[Symbol.asyncDispose]();
});

/** A request as its faults make it. */
interface Draft {
  method: string;
  service: TestService;
  mediaType: string;
  headers: Record<string, string>;
  fields: Record<string, unknown>;
  /** Instead of the fields. */
  text: string | undefined;
}

interface Fault {
  readonly type: ErrorType;
  apply(draft: Draft): void;
}

const fault = (type: ErrorType, apply: Fault["apply"]): Fault => ({ type, apply });

/** In the contract's order, from the first check to the last; each is made alone and then with each later one. */
const common: readonly Fault[] = [
  fault("method_not_allowed", (draft) => {
    draft.method = "PUT";
  }),
  fault("unavailable", (draft) => {
    draft.service = stopping;
  }),
  fault("unsupported_media_type", (draft) => {
    draft.mediaType = "text/plain";
  }),
  fault("payload_too_large", (draft) => {
    draft.text = `${draft.text ?? JSON.stringify(draft.fields)}${" ".repeat(bounds.bodyBytes)}`;
  }),
  fault("invalid_json", (draft) => {
    draft.text = `[${draft.text ?? ""}`;
  }),
  fault("invalid_credentials", (draft) => {
    draft.headers["x-secret-key"] = "wrong";
  }),
  fault("invalid_parameter", (draft) => {
    draft.headers["idempotency-key"] = "not a key";
  }),
];
const badService = fault("service_not_found", ({ fields }) => {
  fields.serviceId = "x";
});
const badRecipient = fault("invalid_recipient", ({ fields }) => {
  fields.to = "12345";
});
const badOtp = fault("otp_invalid", ({ fields }) => {
  fields.otp = "12";
});
const badClientIp = fault("invalid_parameter", ({ fields }) => {
  fields.clientIp = "nowhere";
});

async function answer(
  faults: readonly Fault[],
  operation: string,
  fields: Record<string, unknown>,
): Promise<ErrorType> {
  const draft: Draft = {
    method: "POST",
    service,
    mediaType: "application/json",
    headers: {},
    fields: { ...fields },
    text: undefined,
  };
  // The last check's fault is made first: an earlier one may wrap what a later one has broken.
  for (const each of faults.toReversed()) each.apply(draft);
  const { accessKey, secretKey, serviceId, baseUrl } = draft.service;
  const reply = await fetch(`${baseUrl}/api/v1/sms/${operation}`, {
    method: draft.method,
    headers: {
      "content-type": draft.mediaType,
      "x-access-key": accessKey,
      "x-secret-key": secretKey,
      ...draft.headers,
    },
    body: draft.text ?? JSON.stringify({ serviceId, ...draft.fields }),
  });
  const body = (await reply.json()) as { errors: { type: ErrorType }[] };
  return body.errors[0]?.type ?? assert.fail("an error was expected");
}

for (const operation of smsOperations) {
  const otp = operation === "verify-otp" ? [badOtp] : [];
  const policy = operation === "cancel-otp" ? [] : [badClientIp];
  const service = { ...badService, type: badServiceOf(operation) } as const;
  const order: readonly Fault[] = [...common, service, badRecipient, ...otp, ...policy];

  test(`${operation}: of any two faults the earlier check answers`, async () => {
    for (const [index, first] of order.entries()) {
      const fields = { to: newRecipient(), otp: "123456" };
      assert.equal(await answer([first], operation, fields), first.type, `${first.type} alone`);
      for (const second of order.slice(index + 1)) {
        assert.equal(
          await answer([first, second], operation, fields),
          first.type,
          `${first.type} before ${second.type}`,
        );
      }
    }
  });
}

test("send-otp: the state (409) answers before the limits (429)", async () => {
  const caller = await service.addCaller({ recipientLimits: [{ count: 1, windowMs: 900_000 }] });
  const to = newRecipient();
  await service.post("send-otp", { to }, {}, caller);
  assert.equal((await service.post("send-otp", { to }, {}, caller)).body.errors[0].type, "otp_pending");
});

test("verify-otp: 404 before 410 before 429 before the comparison", async () => {
  const to = newRecipient();
  const { code } = await sent(service, to);
  await guessWrong(service, to, code, 5);
  assert.equal((await service.post("verify-otp", { to, otp: code })).status, 429, "locked before compared");
  service.clock.advance(300_000);
  assert.equal((await service.post("verify-otp", { to, otp: code })).status, 410, "expired before locked");
});

test("verify-otp: a locked OTP does not hide a malformed code", async () => {
  const to = newRecipient();
  await guessWrong(service, to, (await sent(service, to)).code, 5);
  assert.equal((await service.post("verify-otp", { to, otp: "12" })).body.errors[0].type, "otp_invalid");
});
