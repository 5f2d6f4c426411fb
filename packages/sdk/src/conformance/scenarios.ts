/**
 * What a server must do, as scenarios that run against the fake and against a real server alike. Each returns a
 * transcript; two servers that keep the contract give the same one. None needs the clock to move.
 */
import assert from "node:assert/strict";
import type { AntrykClient } from "../client.ts";
import { type ConformanceTarget, clientOf, newRecipient, otherCode } from "./target.ts";
import { type Step, Transcript } from "./transcript.ts";

interface Stage {
  readonly target: ConformanceTarget;
  readonly client: AntrykClient;
  readonly to: string;
  readonly serviceId: string;
  readonly transcript: Transcript;
  /** The newest message's code. */
  code(): Promise<string>;
}

type Scenario = (stage: Stage) => Promise<void>;

export const scenarios: Readonly<Record<string, Scenario>> = {
  async "a right code verifies once"({ client, to, serviceId, transcript, code }) {
    const { verificationId } = await transcript.see(
      "send",
      "200 pending",
      client.sms.sendOtp({ to, serviceId, locale: "en", clientIp: "203.0.113.7" }),
    );
    await transcript.see("read", "200 pending", client.sms.getVerification({ verificationId: String(verificationId) }));
    const otp = await code();
    await transcript.see("verify", "200 verified", client.sms.verifyOtp({ to, serviceId, otp }));
    await transcript.see("verify again", "404 otp_not_found", client.sms.verifyOtp({ to, serviceId, otp }));
    await transcript.see("resend", "404 otp_not_found", client.sms.resendOtp({ to, serviceId }));
    await transcript.see(
      "read the end",
      "200 verified",
      client.sms.getVerification({ verificationId: String(verificationId) }),
    );
    await transcript.see("send anew", "200 pending", client.sms.sendOtp({ to, serviceId }));
  },

  async "a service's id may be in any case"({ client, to, serviceId, transcript, code }) {
    await transcript.see("send", "200 pending", client.sms.sendOtp({ to, serviceId: serviceId.toLowerCase() }));
    await transcript.see(
      "verify",
      "200 verified",
      client.sms.verifyOtp({ to, serviceId: serviceId.toUpperCase(), otp: await code() }),
    );
  },

  async "a wrong code is a value and counts"({ client, to, serviceId, transcript, code }) {
    await transcript.see("send", "200 pending", client.sms.sendOtp({ to, serviceId }));
    const otp = await code();
    const wrong = await transcript.see(
      "wrong",
      "200 wrong",
      client.sms.verifyOtp({ to, serviceId, otp: otherCode(otp) }),
    );
    assert.equal(wrong.attemptsRemaining, 4);
    await transcript.see("wrong length", "200 wrong", client.sms.verifyOtp({ to, serviceId, otp: `${otp}0` }));
    await transcript.see("right", "200 verified", client.sms.verifyOtp({ to, serviceId, otp }));
  },

  async "the cap locks the code and a new send is allowed"({ client, to, serviceId, transcript, code }) {
    const { verificationId } = await transcript.see("send", "200 pending", client.sms.sendOtp({ to, serviceId }));
    const otp = await code();
    for (let left = 4; left >= 0; left--) {
      const wrong = await transcript.see(
        `wrong, ${left} left`,
        "200 wrong",
        client.sms.verifyOtp({ to, serviceId, otp: otherCode(otp, left + 1) }),
      );
      assert.equal(wrong.attemptsRemaining, left);
    }
    await transcript.see(
      "the right code is too late",
      "429 rate_limited",
      client.sms.verifyOtp({ to, serviceId, otp }),
    );
    await transcript.see("resend", "429 rate_limited", client.sms.resendOtp({ to, serviceId }));
    await transcript.see("cancel", "404 otp_not_found", client.sms.cancelOtp({ to, serviceId }));
    await transcript.see("read", "200 locked", client.sms.getVerification({ verificationId: String(verificationId) }));
    await transcript.see("send anew", "200 pending", client.sms.sendOtp({ to, serviceId }));
    await transcript.see("verify", "200 verified", client.sms.verifyOtp({ to, serviceId, otp: await code() }));
  },

  async "fifteen wrong codes close the day, whatever is sent"({ client, to, serviceId, transcript, code }) {
    for (let send = 1; send <= 3; send++) {
      await transcript.see(`send ${send}`, "200 pending", client.sms.sendOtp({ to, serviceId }));
      const otp = await code();
      for (let offset = 1; offset <= 5; offset++) {
        await transcript.see(
          `wrong ${send}.${offset}`,
          "200 wrong",
          client.sms.verifyOtp({ to, serviceId, otp: otherCode(otp, offset) }),
        );
      }
    }
    await transcript.see("send 4", "429 rate_limited", client.sms.sendOtp({ to, serviceId }));
  },

  async "a pending code is not replaced"({ client, to, serviceId, transcript, code }) {
    await transcript.see("send", "200 pending", client.sms.sendOtp({ to, serviceId }));
    const refused = await transcript.see("send again", "409 otp_pending", client.sms.sendOtp({ to, serviceId }));
    assert.ok(refused.expiresAt);
    await transcript.see("resend too early", "429 rate_limited", client.sms.resendOtp({ to, serviceId }));
    await transcript.see("verify", "200 verified", client.sms.verifyOtp({ to, serviceId, otp: await code() }));
  },

  async "a cancelled code is gone, and its cooldown stays"({ client, to, serviceId, transcript, code }) {
    await transcript.see("cancel nothing", "404 otp_not_found", client.sms.cancelOtp({ to, serviceId }));
    const { verificationId } = await transcript.see("send", "200 pending", client.sms.sendOtp({ to, serviceId }));
    await transcript.see("cancel", "200 cancelled", client.sms.cancelOtp({ to, serviceId }));
    await transcript.see("cancel again", "404 otp_not_found", client.sms.cancelOtp({ to, serviceId }));
    await transcript.see("verify", "404 otp_not_found", client.sms.verifyOtp({ to, serviceId, otp: await code() }));
    await transcript.see("send", "429 rate_limited", client.sms.sendOtp({ to, serviceId }));
    await transcript.see(
      "read",
      "200 cancelled",
      client.sms.getVerification({ verificationId: String(verificationId) }),
    );
  },

  async "a recipient gets three messages in fifteen minutes"({ client, to, serviceId, transcript, code }) {
    for (let send = 1; send <= 3; send++) {
      await transcript.see(`send ${send}`, "200 pending", client.sms.sendOtp({ to, serviceId }));
      await transcript.see(
        `verify ${send}`,
        "200 verified",
        client.sms.verifyOtp({ to, serviceId, otp: await code() }),
      );
    }
    await transcript.see("send 4", "429 rate_limited", client.sms.sendOtp({ to, serviceId }));
  },

  async "one idempotency key is one action"({ client, to, serviceId, transcript, code }) {
    const idempotencyKey = crypto.randomUUID();
    const first = await transcript.see(
      "send",
      "200 pending",
      client.sms.sendOtp({ to, serviceId }, { idempotencyKey }),
    );
    const again = await transcript.see(
      "send again",
      "200 pending replayed",
      client.sms.sendOtp({ to, serviceId }, { idempotencyKey }),
    );
    assert.equal(again.verificationId, first.verificationId);
    const other = { to: newRecipient(), serviceId };
    await transcript.see("another body", "422 idempotency_key_reused", client.sms.sendOtp(other, { idempotencyKey }));
    const otp = await code();
    const wrong = { to, serviceId, otp: otherCode(otp) };
    await transcript.see("wrong", "200 wrong", client.sms.verifyOtp(wrong, { idempotencyKey }));
    const replayed = await transcript.see(
      "the same wrong one",
      "200 wrong replayed",
      client.sms.verifyOtp(wrong, { idempotencyKey }),
    );
    assert.equal(replayed.attemptsRemaining, 4);
    const key = crypto.randomUUID();
    await transcript.see(
      "verify",
      "200 verified",
      client.sms.verifyOtp({ to, serviceId, otp }, { idempotencyKey: key }),
    );
    await transcript.see(
      "verify again",
      "200 verified replayed",
      client.sms.verifyOtp({ to, serviceId, otp }, { idempotencyKey: key }),
    );
    await transcript.see("without the key", "404 otp_not_found", client.sms.verifyOtp({ to, serviceId, otp }));
  },

  async "a key is for one request in one language"({ client, to, serviceId, transcript }) {
    const options = { idempotencyKey: crypto.randomUUID() };
    await transcript.see("send", "200 pending", client.sms.sendOtp({ to, serviceId, locale: "en" }, options));
    const repeated = client.sms.sendOtp({ to, serviceId, locale: "en", clientIp: "203.0.113.9" }, options);
    await transcript.see("for another client", "200 pending replayed", repeated);
    const other = client.sms.sendOtp({ to, serviceId, locale: "hi" }, options);
    await transcript.see("in another language", "422 idempotency_key_reused", other);
  },

  async "a refusal is not remembered for its key"({ client, to, serviceId, transcript }) {
    const idempotencyKey = crypto.randomUUID();
    await transcript.see(
      "resend nothing",
      "404 otp_not_found",
      client.sms.resendOtp({ to, serviceId }, { idempotencyKey }),
    );
    await transcript.see("send", "200 pending", client.sms.sendOtp({ to, serviceId }));
    await transcript.see(
      "resend, same key",
      "429 rate_limited",
      client.sms.resendOtp({ to, serviceId }, { idempotencyKey }),
    );
  },

  async "what only the server knows is refused by it"({ client, to, serviceId, transcript }) {
    const unknown = "5f0c8f0e-4f3b-4c62-9d5a-ffffffffffff";
    await transcript.see("send: service", "401 invalid_request", client.sms.sendOtp({ to, serviceId: unknown }));
    await transcript.see(
      "verify: service",
      "404 service_not_found",
      client.sms.verifyOtp({ to, serviceId: unknown, otp: "123456" }),
    );
    await transcript.see("resend: service", "404 service_not_found", client.sms.resendOtp({ to, serviceId: unknown }));
    await transcript.see("cancel: service", "404 service_not_found", client.sms.cancelOtp({ to, serviceId: unknown }));
    await transcript.see(
      "locale",
      "400 invalid_parameter",
      client.sms.sendOtp({ to, serviceId, locale: "not a locale" }),
    );
    await transcript.see("clientIp", "400 invalid_parameter", client.sms.sendOtp({ to, serviceId, clientIp: "1.2.3" }));
    const verificationId = "01900000-0000-7000-8000-000000000000";
    await transcript.see("read", "404 not_found", client.sms.getVerification({ verificationId }));
  },

  async "wrong keys are refused"({ target, to, serviceId, transcript }) {
    const client = clientOf({ ...target, secretKey: "wrong" });
    await transcript.see("send", "401 invalid_credentials", client.sms.sendOtp({ to, serviceId }));
    await transcript.see(
      "read",
      "401 invalid_credentials",
      client.sms.getVerification({ verificationId: "01900000-0000-7000-8000-000000000000" }),
    );
  },

  async "what no client sends is refused"({ target, to, serviceId, transcript }) {
    const { accessKey, secretKey } = target;
    const keys = { "x-access-key": accessKey, "x-secret-key": secretKey };
    const json = { "content-type": "application/json" };
    const see = (
      what: string,
      expected: string,
      path: string,
      method: string,
      headers: Record<string, string>,
      body?: string,
    ) => transcript.seeRaw(what, expected, raw(target, path, method, headers, body));
    const body = JSON.stringify({ to, serviceId });
    await see("no JSON", "400 invalid_json", "send-otp", "POST", { ...keys, ...json }, "{");
    await see("no object", "400 invalid_json", "send-otp", "POST", { ...keys, ...json }, "[]");
    await see(
      "text",
      "415 unsupported_media_type",
      "send-otp",
      "POST",
      { ...keys, "content-type": "text/plain" },
      body,
    );
    await see(
      "too large",
      "413 payload_too_large",
      "send-otp",
      "POST",
      { ...keys, ...json },
      JSON.stringify({ to, pad: "x".repeat(16_384) }),
    );
    await see("GET", "405 method_not_allowed", "send-otp", "GET", keys);
    await see("no such path", "404 not_found", "no-such-path", "POST", { ...keys, ...json }, body);
    await see(
      "a bad key",
      "400 invalid_parameter",
      "send-otp",
      "POST",
      { ...keys, ...json, "idempotency-key": "a b" },
      body,
    );
    await see(
      "one header alone",
      "401 invalid_credentials",
      "send-otp",
      "POST",
      { ...json, "x-access-key": accessKey },
      body,
    );
    await see(
      "the older way",
      "200 pending",
      "send-otp",
      "POST",
      json,
      JSON.stringify({ to, serviceId, accessKey, secretKey, unknown: 1 }),
    );
  },
};

async function raw(
  target: ConformanceTarget,
  path: string,
  method: string,
  headers: Record<string, string>,
  body: string | undefined,
) {
  const send = (target.fetch ?? fetch) as typeof fetch;
  const response = await send(`${target.baseUrl}/api/v1/sms/${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
  });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

/** Runs one scenario with a new number. Rejects with an AssertionError if the server does anything else. */
export async function runScenario(name: string, target: ConformanceTarget): Promise<Step[]> {
  const scenario = scenarios[name];
  assert.ok(scenario, `no scenario ${name}`);
  const to = newRecipient();
  const { serviceId } = target;
  const names = new Map([
    [to, "the recipient"],
    [serviceId, "the service"],
    [serviceId.toUpperCase(), "the service"],
  ]);
  const transcript = new Transcript(names);
  const code = async () => {
    const found = await target.readCode(to);
    assert.ok(found, "no message arrived");
    return found;
  };
  await scenario({ target, client: clientOf(target), to, serviceId, transcript, code });
  return transcript.steps;
}

/** Runs all scenarios, one after another, and returns their transcripts by name. */
export async function runScenarios(target: ConformanceTarget): Promise<Record<string, Step[]>> {
  const transcripts: Record<string, Step[]> = {};
  for (const name of Object.keys(scenarios)) transcripts[name] = await runScenario(name, target);
  return transcripts;
}
