import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Webhook } from "standardwebhooks";
import { AntrykError, WebhookVerificationError, webhooks } from "./index.ts";
import fc from "./test-support/fast-check.ts";
import { errorOf } from "./test-support/servers.ts";
import type { VerifyWebhookOptions, WebhookHeaders } from "./webhooks.ts";

const secret = `whsec_${Buffer.from("0123456789abcdef0123456789abcdef").toString("base64")}`;
const other = `whsec_${Buffer.from("another secret, another endpoint").toString("base64")}`;
const payload = '{"type":"message.delivered","timestamp":"2026-11-23T00:00:00Z","data":{"to":"+91…"}}';

async function failure(
  body: unknown,
  headers: unknown,
  key: unknown = secret,
  options: VerifyWebhookOptions = {},
): Promise<WebhookVerificationError> {
  const error = await errorOf(webhooks.verify(body as string, headers as WebhookHeaders, key as string, options));
  assert.ok(error instanceof WebhookVerificationError, String(error));
  assert.ok(error instanceof AntrykError);
  assert.ok(!JSON.stringify([error, error.message]).includes(secret.slice(6)));
  return error;
}

describe("webhooks", () => {
  it("verifies what the reference library signs, and the other way round", async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), fc.uint8Array({ minLength: 24, maxLength: 64 }), async (body, key) => {
        const reference = new Webhook(Buffer.from(key).toString("base64"));
        const whsec = `whsec_${Buffer.from(key).toString("base64")}`;
        const now = new Date();
        const theirs = {
          "webhook-id": "msg_1",
          "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
          "webhook-signature": reference.sign("msg_1", now, body),
        };
        assert.deepEqual(await webhooks.verify(body, theirs, whsec), JSON.parse(body));
        assert.deepEqual(reference.verify(body, { ...(await webhooks.sign(body, whsec)) }), JSON.parse(body));
      }),
      { numRuns: 50 },
    );
  });

  it("takes bytes, Headers, names of any case and lists of values", async () => {
    const headers = await webhooks.sign(payload, secret);
    const event = await webhooks.verify(Buffer.from(payload), new Headers({ ...headers }), secret);
    assert.equal(event.type, "message.delivered");
    const upper = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), [value]]));
    await webhooks.verify(new TextEncoder().encode(payload), upper, secret);
  });

  it("takes one of several signatures, and one of several secrets", async () => {
    const headers = await webhooks.sign(payload, secret);
    const wrong = (await webhooks.sign(payload, other))["webhook-signature"];
    await webhooks.verify(
      payload,
      { ...headers, "webhook-signature": `v1a,xxxx ${wrong} ${headers["webhook-signature"]}` },
      secret,
    );
    await webhooks.verify(payload, headers, [other, secret]);
  });

  it("refuses every change of one byte", async () => {
    const headers = await webhooks.sign(payload, secret);
    const bytes = Buffer.from(payload);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (index, flip) => {
        const changed = Buffer.from(bytes);
        changed[index] = (changed[index] ?? 0) ^ flip;
        assert.equal((await failure(changed, headers)).reason, "no_matching_signature");
      }),
    );
  });

  it("binds id and timestamp too", async () => {
    const headers = await webhooks.sign(payload, secret, { timestamp: new Date(Date.now() - 10_000) });
    assert.equal((await failure(payload, { ...headers, "webhook-id": "msg_2" })).reason, "no_matching_signature");
    const later = String(Number(headers["webhook-timestamp"]) + 5);
    assert.equal((await failure(payload, { ...headers, "webhook-timestamp": later })).reason, "no_matching_signature");
  });

  it("names a parsed body", async () => {
    const headers = await webhooks.sign(payload, secret);
    for (const body of [JSON.parse(payload), undefined, null, 5]) {
      const error = await failure(body, headers);
      assert.equal(error.reason, "parsed_payload");
      assert.match(error.message, /raw body/);
    }
  });

  it("names a body that was parsed and stringified again", async () => {
    const spaced = payload.replaceAll(":", ": ");
    const headers = await webhooks.sign(spaced, secret);
    assert.match((await failure(JSON.stringify(JSON.parse(spaced)), headers)).message, /stringified again/);
  });

  it("names a wrong secret", async () => {
    const headers = await webhooks.sign(payload, secret);
    for (const bad of [secret.slice(6), "sk_live_1", "", null, 5, {}, [5]])
      assert.equal((await failure(payload, headers, bad)).reason, "bad_secret");
    assert.match((await failure(payload, headers, "ak_1")).message, /whsec_/);
    assert.equal((await failure(payload, headers, "whsec_*")).reason, "bad_secret");
    assert.equal((await failure(payload, headers, [])).reason, "no_matching_signature");
    assert.equal((await failure(payload, headers, other)).reason, "no_matching_signature");
  });

  it("names a missing header", async () => {
    const headers = await webhooks.sign(payload, secret);
    for (const name of Object.keys(headers)) {
      const error = await failure(payload, { ...headers, [name]: undefined });
      assert.equal(error.reason, "missing_header");
      assert.equal(error.param, name);
    }
    assert.equal((await failure(payload, undefined)).reason, "missing_header");
  });

  it("names a malformed header", async () => {
    const headers = await webhooks.sign(payload, secret);
    assert.equal(
      (await failure(payload, { ...headers, "webhook-timestamp": "2026-11-23" })).param,
      "webhook-timestamp",
    );
    for (const signature of ["v1", "v1,", "v1,***", "v1a,abcd", "abcd"]) {
      assert.equal(
        (await failure(payload, { ...headers, "webhook-signature": signature })).reason,
        "malformed_header",
        signature,
      );
    }
    assert.equal(
      (await failure(payload, { ...headers, "webhook-signature": "v1,abcd" })).reason,
      "no_matching_signature",
    );
  });

  it("names a replay, and a clock that is off, five minutes either way", async () => {
    const now = new Date("2026-11-23T12:00:00Z");
    const at = (seconds: number) =>
      webhooks.sign(payload, secret, { timestamp: new Date(now.getTime() + seconds * 1000) });
    await webhooks.verify(payload, await at(-300), secret, { now });
    await webhooks.verify(payload, await at(300), secret, { now });
    assert.equal((await failure(payload, await at(-301), secret, { now })).reason, "too_old");
    assert.equal((await failure(payload, await at(301), secret, { now })).reason, "too_new");
    await webhooks.verify(payload, await at(-900), secret, { now, toleranceSeconds: 900 });
  });

  it("names a payload that is signed and no JSON", async () => {
    assert.equal((await failure("hello", await webhooks.sign("hello", secret))).reason, "payload_not_json");
  });
});
