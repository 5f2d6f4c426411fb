import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { test } from "node:test";
import { httpGatewayConformance, parseBody } from "@antryk/testkit/gateways/http-kit";
import { devanagariMessage, gsm7Message, Rig, type RigSubject } from "@antryk/testkit/gateways/rig";
import { reply } from "@antryk/testkit/gateways/scripted-server";
import { SignatureV4 } from "@smithy/signature-v4";
import { provider } from "./aws.ts";
import type { FailureClass } from "./port.ts";

const accessKeyId = "AKIAIOSFODNN7EXAMPLE";
const secretAccessKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const messageId = "862a8790-60c0-4430-9b2b-658bdexample";
const at = Date.UTC(2026, 10, 23, 6, 1, 2, 345);

const subject: RigSubject = {
  provider,
  config: (baseUrl) => ({
    region: "ap-south-1",
    accessKeyId,
    secretAccessKey,
    from: "+14155550100",
    configurationSet: "otp",
    baseUrl,
  }),
  secrets: [secretAccessKey],
  now: () => at,
};

const exception = (status: number, name: string, failure: FailureClass, reason?: string) => ({
  name: `${status} ${name}${reason ? `, ${reason}` : ""}`,
  status,
  body: {
    __type: `com.amazonaws.sms.voice.v2#${name}`,
    Message: `about ${gsm7Message.to} and ${secretAccessKey}`,
    ...(reason ? { Reason: reason } : {}),
  },
  class: failure,
  detail: `HTTP ${status} code ${name}`,
});

const expected = {
  OriginationIdentity: "+14155550100",
  MessageType: "TRANSACTIONAL",
  ConfigurationSetName: "otp",
  TimeToLive: 600,
};

httpGatewayConformance({
  ...subject,
  request: {
    method: "POST",
    path: "/",
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": "PinpointSMSVoiceV2.SendTextMessage",
      "x-amz-date": "20261123T060102Z",
      authorization: new RegExp(
        `^AWS4-HMAC-SHA256 Credential=${accessKeyId}/20261123/ap-south-1/sms-voice/aws4_request, ` +
          "SignedHeaders=content-length;content-type;host;x-amz-date;x-amz-target, Signature=[0-9a-f]{64}$",
      ),
    },
    gsm7: { ...expected, DestinationPhoneNumber: gsm7Message.to, MessageBody: gsm7Message.text },
    devanagari: {
      ...expected,
      OriginationIdentity: "ACMEIN",
      DestinationPhoneNumber: devanagariMessage.to,
      MessageBody: devanagariMessage.text,
      DestinationCountryParameters: { IN_ENTITY_ID: "1201159123456789012", IN_TEMPLATE_ID: "1207161234567890123" },
    },
  },
  accepted: [
    {
      name: "SendTextMessageResult",
      status: 200,
      body: { MessageId: messageId },
      result: { outcome: "accepted", messageId },
    },
  ],
  refused: [
    exception(400, "AccessDeniedException", "auth", "INSUFFICIENT_ACCOUNT_REPUTATION"),
    exception(400, "ConflictException", "blocked", "DESTINATION_PHONE_NUMBER_OPTED_OUT"),
    exception(400, "ConflictException", "blocked", "DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE"),
    exception(400, "ConflictException", "rejected", "DESTINATION_PHONE_NUMBER_NOT_VERIFIED"),
    exception(400, "ConflictException", "rejected", "DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION"),
    exception(500, "InternalServerException", "unavailable"),
    exception(400, "ResourceNotFoundException", "rejected"),
    exception(400, "ServiceQuotaExceededException", "quota", "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"),
    exception(400, "ThrottlingException", "rate_limited"),
    exception(400, "ValidationException", "rejected", "SENDER_ID_REQUIRES_REGISTRATION"),
    exception(400, "UnrecognizedClientException", "auth"),
    exception(403, "InvalidSignatureException", "auth"),
    exception(400, "ExpiredTokenException", "auth"),
    exception(503, "ServiceUnavailableException", "unavailable"),
    exception(400, "SomethingNewException", "rejected"),
    exception(400, "ValidationException", "rejected", "toString"),
    {
      ...exception(400, "ThrottlingException", "rate_limited"),
      name: "a type without a namespace",
      body: { __type: "ThrottlingException" },
    },
  ],
  unmarked: [{ name: "an exception's body beside 200", status: 200, body: { __type: "InternalServerException" } }],
});

/** For `@smithy/signature-v4`, which brings none. */
class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", toBytes(secret));
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(toBytes(data));
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

function toBytes(data: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof data === "string") return Buffer.from(data);
  return data instanceof ArrayBuffer ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

for (const message of [gsm7Message, devanagariMessage]) {
  for (const path of ["", "/proxy/of ours"]) {
    test(`signed as @smithy/signature-v4 does: ${message.text.slice(7, 12)}, ${path || "/"}`, async () => {
      const config = (baseUrl: string) => ({ ...subject.config(baseUrl), baseUrl: `${baseUrl}${encodeURI(path)}` });
      await using rig = await Rig.start({ ...subject, config }, reply(200, { MessageId: messageId }));
      assert.deepEqual(await rig.send(message), { outcome: "accepted", messageId });
      const [sent] = rig.server.requests;
      assert.ok(sent);
      const { authorization, connection: _, ...headers } = sent.headers;
      const signer = new SignatureV4({
        service: "sms-voice",
        region: "ap-south-1",
        credentials: { accessKeyId, secretAccessKey },
        sha256: Sha256,
        applyChecksum: false,
      });
      const { hostname, port } = new URL(rig.server.url);
      const signed = await signer.sign(
        {
          method: "POST",
          protocol: "http:",
          hostname,
          port: Number(port),
          path: sent.path,
          headers,
          body: sent.body.toString(),
        },
        { signingDate: new Date(at) },
      );
      assert.equal(authorization, signed.headers.authorization);
      assert.equal((parseBody(sent) as { MessageBody: string }).MessageBody, message.text);
    });
  }
}

test("the endpoint is the region's, that of China in its own domain", async () => {
  for (const [region, host] of [
    ["eu-west-1", "sms-voice.eu-west-1.amazonaws.com"],
    ["us-gov-west-1", "sms-voice.us-gov-west-1.amazonaws.com"],
    ["cn-north-1", "sms-voice.cn-north-1.amazonaws.com.cn"],
  ]) {
    const asked: string[] = [];
    const dispatcher = {
      dispatch: (options: { origin: string }) => {
        asked.push(options.origin);
        throw Object.assign(new Error("not in a test"), { code: "ENOTFOUND" });
      },
    };
    const gateway = provider.create({ region, accessKeyId, secretAccessKey }, { dispatcher, now: () => at } as never);
    const result = await gateway.send(gsm7Message, new AbortController().signal);
    assert.deepEqual(result, { outcome: "failed", class: "unavailable", ambiguous: false, detail: "ENOTFOUND" });
    assert.deepEqual(asked, [`https://${host}`]);
  }
});
