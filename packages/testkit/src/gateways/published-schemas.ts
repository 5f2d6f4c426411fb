/**
 * What gateways publish of the requests that we send: extracts, made by hand, of the body's schema without its
 * descriptions. If the published one leaves further fields open they are closed here, so that a misspelt one is seen.
 * For tests only.
 */

/**
 * `CreateMessage` of spec/json/twilio_api_v2010.json of 2026-04-14, github.com/twilio/twilio-oai: MIT, the file itself
 * Apache-2.0. The format "phone-number" is left out: it is none of JSON Schema's.
 */
export const twilioCreateMessage: object = {
  type: "object",
  required: ["To"],
  additionalProperties: false,
  properties: {
    To: { type: "string" },
    StatusCallback: { type: "string", format: "uri" },
    ApplicationSid: { type: "string", minLength: 34, maxLength: 34, pattern: "^AP[0-9a-fA-F]{32}$" },
    MaxPrice: { type: "number" },
    ProvideFeedback: { type: "boolean" },
    Attempt: { type: "integer" },
    ValidityPeriod: { type: "integer" },
    ForceDelivery: { type: "boolean" },
    ContentRetention: { type: "string", enum: ["retain", "discard"] },
    AddressRetention: { type: "string", enum: ["retain", "obfuscate"] },
    SmartEncoded: { type: "boolean" },
    PersistentAction: { type: "array", items: { type: "string" } },
    TrafficType: { type: "string", enum: ["free"] },
    ShortenUrls: { type: "boolean" },
    ScheduleType: { type: "string", enum: ["fixed"] },
    SendAt: { type: "string", format: "date-time" },
    SendAsMms: { type: "boolean" },
    ContentVariables: { type: "string" },
    RiskCheck: { type: "string", enum: ["enable", "disable"] },
    From: { type: "string" },
    FallbackFrom: { type: "string" },
    MessagingServiceSid: { type: "string", minLength: 34, maxLength: 34, pattern: "^MG[0-9a-fA-F]{32}$" },
    Body: { type: "string" },
    MediaUrl: { type: "array", items: { type: "string", format: "uri" } },
    ContentSid: { type: "string", minLength: 34, maxLength: 34, pattern: "^HX[0-9a-fA-F]{32}$" },
  },
};

/** `OutboundSMSText` of the Messages API's OpenAPI file 1.20.0, developer.vonage.com/en/api/messages: Apache-2.0. */
export const vonageOutboundSmsText: object = {
  type: "object",
  required: ["to", "from", "message_type", "channel", "text"],
  additionalProperties: false,
  properties: {
    message_type: { type: "string", enum: ["text"] },
    text: { type: "string", maxLength: 3200 },
    to: { type: "string", minLength: 7, maxLength: 15 },
    from: { type: "string" },
    channel: { type: "string", enum: ["sms"] },
    ttl: { type: "integer", minimum: 20, maximum: 604800 },
    trusted_sender: { type: "boolean" },
    trusted_recipient: { type: "boolean" },
    sms: {
      type: "object",
      additionalProperties: false,
      properties: {
        encoding_type: { type: "string", enum: ["text", "unicode", "auto"] },
        content_id: { type: "string" },
        entity_id: { type: "string" },
        pool_id: { type: "string" },
      },
    },
    client_ref: { type: "string" },
    webhook_url: { type: "string" },
    webhook_version: { type: "string", enum: ["v0.1", "v1"] },
  },
};

/**
 * `SMSMessageSendRequest` as github.com/messagebird/bird-sdk-typescript of 2026-08-19 generates it from Bird's OpenAPI
 * file: MIT.
 */
export const birdSmsMessageSendRequest: object = {
  type: "object",
  additionalProperties: false,
  required: ["to"],
  anyOf: [{ required: ["text"] }, { required: ["template"] }],
  dependentRequired: { text: ["category"] },
  properties: {
    to: { type: "string", minLength: 1 },
    from: { type: "string", minLength: 1 },
    text: { type: "string", minLength: 1 },
    category: { type: "string", enum: ["transactional", "marketing", "authentication", "service"] },
    tags: { type: "array", maxItems: 20 },
    metadata: { type: "object" },
    options: { type: "object" },
    template: { type: "object" },
  },
};

/**
 * `SmsRequest`, by the models that github.com/infobip/infobip-api-java-client of 2026-03-31 generates from Infobip's
 * OpenAPI file: MIT.
 */
export const infobipSmsRequest: object = {
  type: "object",
  required: ["messages"],
  additionalProperties: false,
  properties: {
    messages: {
      type: "array",
      items: {
        type: "object",
        required: ["destinations", "content"],
        additionalProperties: false,
        properties: {
          sender: { type: "string" },
          destinations: {
            type: "array",
            items: {
              type: "object",
              required: ["to"],
              additionalProperties: false,
              properties: { to: { type: "string" }, messageId: { type: "string" }, networkId: { type: "integer" } },
            },
          },
          content: {
            type: "object",
            required: ["text"],
            additionalProperties: false,
            properties: { text: { type: "string" }, transliteration: { type: "string" }, language: { type: "object" } },
          },
          options: {
            type: "object",
            additionalProperties: false,
            properties: {
              platform: { type: "object" },
              validityPeriod: {
                type: "object",
                required: ["amount"],
                additionalProperties: false,
                properties: {
                  amount: { type: "integer" },
                  timeUnit: { type: "string", enum: ["SECONDS", "MINUTES", "HOURS"] },
                },
              },
              deliveryTimeWindow: { type: "object" },
              campaignReferenceId: { type: "string" },
              regional: {
                type: "object",
                additionalProperties: false,
                properties: {
                  indiaDlt: {
                    type: "object",
                    required: ["principalEntityId"],
                    additionalProperties: false,
                    properties: {
                      contentTemplateId: { type: "string" },
                      principalEntityId: { type: "string" },
                      telemarketerId: { type: "string" },
                    },
                  },
                  turkeyIys: { type: "object" },
                  southKorea: { type: "object" },
                },
              },
              flash: { type: "boolean" },
            },
          },
          webhooks: {
            type: "object",
            additionalProperties: false,
            properties: {
              delivery: {
                type: "object",
                additionalProperties: false,
                properties: {
                  url: { type: "string" },
                  intermediateReport: { type: "boolean" },
                  notify: { type: "boolean" },
                },
              },
              contentType: { type: "string" },
              callbackData: { type: "string" },
            },
          },
        },
      },
    },
    options: {
      type: "object",
      additionalProperties: false,
      properties: {
        schedule: { type: "object" },
        tracking: { type: "object" },
        includeSmsCountInResponse: { type: "boolean" },
        conversionTracking: { type: "object" },
      },
    },
  },
};
