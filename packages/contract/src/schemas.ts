/**
 * What the bodies of the SMS API are made of; operations.ts has the bodies themselves. The server validates with the
 * patterns of these schemas, the SDK takes its types from them, and the OpenAPI document prints them.
 *
 * Glossary. **Recipient**: the E.164 number in `to`. **Service**: a verification service of an account; it sets code
 * length, life, limits and gateway. **Verification**: one OTP's way from issue to its end. **Gateway**: what takes a
 * message to the phone network. **Attempt**: one hand-over of a message to one gateway. **Receipt**: what a gateway
 * later reports about delivery.
 */
import Type from "typebox";

/** A strict E.164 number: `+`, a country code, up to 15 digits (ITU-T E.164, 2010-11). */
export const Recipient = Type.String({
  pattern: "^\\+[1-9]\\d{6,14}$",
  examples: ["+919876543210"],
  description: "The recipient's number, E.164.",
});

/** A UUID v4 (RFC 9562), any case. */
export const ServiceId = Type.String({
  pattern: "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$",
  examples: ["5f0c8f0e-4f3b-4c62-9d5a-0d6b1d0f3a11"],
  description: "The verification service, a UUID v4.",
});

/** What a user typed: 4 to 10 ASCII digits. */
export const Otp = Type.String({
  pattern: "^[0-9]{4,10}$",
  examples: ["482915"],
  description: "The code as the user typed it, 4 to 10 digits.",
});

export const VerificationId = Type.String({
  pattern: "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
  description: "The verification, a UUID v7.",
});

/** A time as clients read it. */
export const timestamp = (description: string) => Type.String({ format: "date-time", description });

/** The states of a verification, as a client sees them. */
export const VerificationStatus = Type.Enum(["pending", "verified", "cancelled", "expired", "locked"]);

/** One hand-over of the message to one gateway. */
export const DeliveryAttempt = Type.Object({
  at: timestamp("When the gateway was asked."),
  operation: Type.Enum(["send-otp", "resend-otp"]),
  gateway: Type.String({ description: "The gateway's name." }),
  outcome: Type.Enum(["accepted", "refused", "unknown"]),
  reason: Type.Optional(Type.String({ description: "Why it was not accepted, such as `rejected`, `timeout`." })),
  messageId: Type.Optional(Type.String({ description: "The gateway's own id of the message." })),
  durationMs: Type.Integer({ minimum: 0 }),
  chosen: Type.Optional(
    Type.Object(
      {
        by: Type.Enum(["learning", "exploration"]),
        share: Type.Number({
          minimum: 0,
          maximum: 1,
          description: "Share of its messages to this country that is expected to be verified.",
        }),
        sent: Type.Integer({ minimum: 0, description: "Messages known of the gateway, older ones counted less." }),
        verified: Type.Integer({ minimum: 0, description: "Those of them whose code was verified." }),
      },
      { description: "Why the gateway had its place in the order, if the service's routes learn." },
    ),
  ),
  receipt: Type.Optional(
    Type.Object({
      status: Type.Enum(["queued", "sent", "delivered", "undelivered", "unknown"]),
      at: timestamp("When the gateway says it happened, or when its receipt came."),
      code: Type.Optional(Type.String({ description: "The gateway's own status or error code." })),
    }),
  ),
});

/**
 * Limits that a 429 can name. `recipient`: sends to the number. `attempts`: sends to it that were begun, even if they
 * were refused. `cooldown`: between two messages of one OTP. `otp`: wrong codes of one OTP; a new send is allowed.
 * `wrong_codes`: wrong codes of the number across OTPs; no new send helps. The others are counted over many numbers.
 */
export const LimitName = Type.Enum([
  "recipient",
  "attempts",
  "cooldown",
  "otp",
  "wrong_codes",
  "service",
  "account",
  "country",
  "prefix",
  "client",
  "named",
]);

/** Limits that an operator's policy sets. The others belong to one OTP, or to the recipient's wrong codes. */
export const policyLimits: ReadonlySet<LimitName> = new Set([
  "recipient",
  "attempts",
  "service",
  "account",
  "country",
  "prefix",
  "client",
  "named",
]);

/**
 * Why a number is refused with 403. `gateway`: the gateway's own permanent refusal. `no_route`: no route of the service
 * takes the number. `limit` stands on 429 alone. The others are rules of the operator.
 */
export const BlockedReason = Type.Enum([
  "no_route",
  "country",
  "number_type",
  "block_list",
  "guard",
  "budget",
  "gateway",
  "limit",
]);

/** The envelope of every error. `code` is the HTTP status. */
export const ErrorReply = Type.Object({
  success: Type.Literal(false),
  errors: Type.Array(
    Type.Object({
      message: Type.String(),
      code: Type.Integer({ description: "The HTTP status." }),
      type: Type.String({ description: "The error's name; see the table of errors." }),
      param: Type.Optional(Type.String({ description: "The field or header that is at fault." })),
      retryAfter: Type.Optional(
        Type.Integer({ minimum: 1, description: "Seconds; the same as the `Retry-After` header." }),
      ),
      expiresAt: Type.Optional(timestamp("When the pending OTP expires.")),
      attemptsRemaining: Type.Optional(
        Type.Integer({ minimum: 0, description: "Wrong codes still allowed for this OTP." }),
      ),
      limit: Type.Optional(
        Type.Enum(LimitName.enum, { description: "On 429: the limit that refused. Later versions may add names." }),
      ),
      lockedUntil: Type.Optional(
        timestamp("On 429 by `otp` or `wrong_codes`: until when no code is compared for this recipient."),
      ),
      mayHaveBeenSent: Type.Optional(
        Type.Boolean({
          description:
            "On `provider_unavailable`: `true` if a gateway may have sent the message nevertheless. Its code is " +
            "compared until it expires.",
        }),
      ),
      reason: Type.Optional(
        Type.Enum(BlockedReason.enum, {
          description:
            "On 403 `recipient_blocked`, and on 429 by a limit of the policy: why. Later versions may add reasons.",
        }),
      ),
      decisionId: Type.Optional(
        Type.String({
          description: "Beside `reason`, if a record was kept: give it to the operator, who can look it up.",
        }),
      ),
    }),
    { minItems: 1, maxItems: 1 },
  ),
});

export type VerificationStatus = Type.Static<typeof VerificationStatus>;
export type DeliveryAttempt = Type.Static<typeof DeliveryAttempt>;
export type LimitName = Type.Static<typeof LimitName>;
export type BlockedReason = Type.Static<typeof BlockedReason>;
export type ErrorReply = Type.Static<typeof ErrorReply>;
