/**
 * AWS End User Messaging SMS (API version 2022-03-31, once Amazon Pinpoint SMS and voice v2): SendTextMessage.
 *
 * Read 2026-11: the service's model as published in github.com/aws/aws-sdk-js-v3 and
 * @aws-sdk/client-pinpoint-sms-voice-v2 3.1138.0 (JSON 1.0, the target, the signing name, the exceptions and their
 * reasons), docs.aws.amazon.com/cli/latest/reference/pinpoint-sms-voice-v2/send-text-message.html (the fields),
 * docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-types.html (the events).
 *
 * Signed by Signature Version 4 through npm `aws4`. 200 with a `MessageId` is acceptance; the reply has neither
 * segments nor the price. Receipts are not taken: AWS reports them only through an SNS topic, whose certificate has to
 * be fetched, and whose subscription has to be confirmed, by requests of ours; a configuration set can send them
 * elsewhere. Could not be checked against a live account.
 */
import aws4 from "aws4";
import Type from "typebox";
import {
  type ApiCall,
  type ApiReply,
  callApi,
  type ErrorTable,
  lookUp,
  refused,
  refusedByCode,
  textAt,
} from "./lib/api-call.ts";
import { phoneSender, senderOf } from "./lib/sender.ts";
import { baseUrlField, baseUrlSetting, textOf, validitySeconds } from "./lib/settings.ts";
import type { OutgoingMessage, Provider, SendResult } from "./port.ts";

const service = "sms-voice";

export const provider: Provider = {
  id: "aws",
  name: "AWS End User Messaging",
  summary: "Sends through AWS End User Messaging SMS (pinpoint-sms-voice-v2), signed by Signature Version 4.",
  config: Type.Object({
    region: Type.String({ pattern: "^[a-z]{2}(-[a-z]+)+-\\d$" }),
    accessKeyId: Type.String({ pattern: "^[A-Z0-9]{16,128}$" }),
    secretAccessKey: Type.String({ minLength: 1, maxLength: 128 }),
    from: Type.Optional(Type.String({ pattern: "^([A-Za-z0-9_:/+-]{1,256})?$" })),
    configurationSet: Type.Optional(Type.String({ pattern: "^([A-Za-z0-9_:/-]{1,256})?$" })),
    baseUrl: baseUrlSetting,
  }),
  fields: [
    {
      name: "region",
      label: "Region",
      help: "Such as eu-west-1.",
      secret: false,
      required: true,
      example: "eu-west-1",
    },
    {
      name: "accessKeyId",
      label: "Access key id",
      help: "Of a user that may sms-voice:SendTextMessage.",
      secret: false,
      required: true,
      example: "AKIAIOSFODNN7EXAMPLE",
    },
    {
      name: "secretAccessKey",
      label: "Secret access key",
      help: "Of the same access key.",
      secret: true,
      required: true,
    },
    {
      name: "from",
      label: "Origination identity",
      help: "Number, sender id, pool, or one of their ARNs; AWS chooses if none is given.",
      secret: false,
      required: false,
    },
    {
      name: "configurationSet",
      label: "Configuration set",
      help: "Where events of the message go.",
      secret: false,
      required: false,
    },
    baseUrlField(
      `https://${service}.{region}.amazonaws.com`,
      "Another endpoint of the same API, such as a VPC's or FIPS",
    ),
  ],
  capabilities: { receipts: false, immediate: false },
  sender: phoneSender("from", {
    ids: {
      pattern: /^(arn:aws|pool-|phone-)[A-Za-z0-9_:/-]+$/,
      what: "the id or ARN of a number, sender id or pool",
    },
  }),
  dlt: "all ids",
  reference: {
    url: "https://docs.aws.amazon.com/cli/latest/reference/pinpoint-sms-voice-v2/send-text-message.html",
    readOn: "2026-11",
  },
  notes: [
    "AWS reports delivery only through its own event destinations: name a configuration set, and look there. " +
      "Antryk takes none of it.",
    "The user behind the access key needs the permission `sms-voice:SendTextMessage` and no other.",
    "Messages go as `TRANSACTIONAL`, and AWS gives them up when no code could be alive any more.",
    "Not checked against a live account.",
  ],
  create: (config, context) => {
    const region = String(config.region);
    const partition = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
    const url = new URL(
      `${String(config.baseUrl ?? `https://${service}.${region}.${partition}`).replace(/\/+$/, "")}/`,
    );
    const credentials = { accessKeyId: String(config.accessKeyId), secretAccessKey: String(config.secretAccessKey) };
    const call = (body: string): ApiCall => {
      const { headers } = aws4.sign(
        {
          service,
          region,
          method: "POST",
          host: url.host,
          path: url.pathname,
          headers: {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": "PinpointSMSVoiceV2.SendTextMessage",
            "X-Amz-Date": new Date(context.now()).toISOString().replace(/[-:]|\.\d+/g, ""),
          },
          body,
        },
        credentials,
      );
      return { url, headers: textHeaders(headers ?? {}), body };
    };
    return {
      send: (message, signal) => callApi(call(encode(message, config)), context, signal, interpret),
    };
  },
};

/** Without Content-Length and Host, which the pool writes as they were signed. */
function textHeaders(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  const sent = Object.entries(headers).filter(([name]) => !/^(content-length|host)$/i.test(name));
  return Object.fromEntries(sent.map(([name, value]) => [name.toLowerCase(), String(value)]));
}

function encode(message: OutgoingMessage, config: Readonly<Record<string, unknown>>): string {
  const { to, text, dlt } = message;
  return JSON.stringify({
    DestinationPhoneNumber: to,
    OriginationIdentity: senderOf(message, textOf(config.from)),
    MessageBody: text,
    MessageType: "TRANSACTIONAL",
    ConfigurationSetName: textOf(config.configurationSet),
    // Five seconds are the least that it takes.
    TimeToLive: Math.max(5, validitySeconds(message)),
    DestinationCountryParameters: dlt && { IN_ENTITY_ID: dlt.entityId, IN_TEMPLATE_ID: dlt.templateId },
  });
}

/** Exceptions of SendTextMessage, then those that every AWS service may answer. */
const exceptions: ErrorTable = {
  AccessDeniedException: "auth",
  ConflictException: "rejected",
  InternalServerException: "unavailable",
  ResourceNotFoundException: "rejected",
  ServiceQuotaExceededException: "quota",
  ThrottlingException: "rate_limited",
  ValidationException: "rejected",
  ExpiredTokenException: "auth",
  IncompleteSignature: "auth",
  InvalidSignatureException: "auth",
  MissingAuthenticationToken: "auth",
  MissingAuthenticationTokenException: "auth",
  NotAuthorized: "auth",
  OptInRequired: "auth",
  UnrecognizedClientException: "auth",
  InternalFailure: "unavailable",
  ServiceUnavailable: "unavailable",
  ServiceUnavailableException: "unavailable",
  RequestExpired: "rejected",
  UnknownOperationException: "rejected",
};

/** `Reason` of an exception, if it says more than its name. */
const reasons: ErrorTable = {
  DESTINATION_PHONE_NUMBER_OPTED_OUT: "blocked",
  DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE: "blocked",
};

function interpret(reply: ApiReply): SendResult | undefined {
  if (reply.status < 300) {
    const messageId = textAt(reply.json, "MessageId");
    return messageId === undefined ? undefined : { outcome: "accepted", messageId };
  }
  const reason = textAt(reply.json, "Reason");
  const byReason = reason === undefined ? undefined : lookUp(reasons, reason);
  // "namespace#Name" in JSON 1.0; some front ends leave the namespace out.
  const name = textAt(reply.json, "__type")?.replace(/^.*#/, "");
  if (byReason) return refused(reply, byReason, name);
  return refusedByCode(exceptions, name, reply);
}
