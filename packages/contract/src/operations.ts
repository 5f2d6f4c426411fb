/**
 * The operations of the SMS API, with the bodies that each takes and answers. The server's routes and checks, the
 * OpenAPI document and the documentation are made from this table; the SDK is compared with it.
 */
import Type from "typebox";
import {
  DeliveryAttempt,
  Otp,
  Recipient,
  ServiceId,
  timestamp,
  VerificationId,
  VerificationStatus,
} from "./schemas.ts";

const bodyCredentials = {
  accessKey: Type.Optional(
    Type.String({
      description: "The older way to authenticate; the `x-access-key` header is preferred.",
      deprecated: true,
    }),
  ),
  secretKey: Type.Optional(
    Type.String({
      description: "The older way to authenticate; the `x-secret-key` header is preferred.",
      deprecated: true,
    }),
  ),
};

const locale = Type.Optional(
  Type.String({ description: "BCP 47 language of the message, such as `hi` or `pt-BR`.", examples: ["en"] }),
);
const clientIp = Type.Optional(
  Type.String({ description: "The end user's address, for limits per client.", examples: ["203.0.113.7"] }),
);

const limits = Type.Optional(
  Type.Record(Type.String({ minLength: 1, maxLength: 64 }), Type.String({ minLength: 1, maxLength: 128 }), {
    description: "Keys of your own that limits of the service count by, such as your user's id; at most three.",
    examples: [{ user: "u-1" }],
  }),
);
const metadata = Type.Optional(
  Type.Record(Type.String({ minLength: 1, maxLength: 128 }), Type.String({ minLength: 1, maxLength: 128 }), {
    description: "What you want to have back in replies, look-ups and events; at most ten pairs.",
    examples: [{ order: "A-17" }],
  }),
);

const test = Type.Optional(
  Type.Literal(true, { description: "It is of a test number: no message left, and its code is the fixed one." }),
);

export const SendOtpRequest = Type.Object({
  to: Recipient,
  serviceId: ServiceId,
  locale,
  clientIp,
  limits,
  metadata,
  ...bodyCredentials,
});
export const ResendOtpRequest = Type.Object({
  to: Recipient,
  serviceId: ServiceId,
  locale,
  clientIp,
  limits,
  ...bodyCredentials,
});
export const VerifyOtpRequest = Type.Object({
  to: Recipient,
  serviceId: ServiceId,
  otp: Otp,
  clientIp,
  ...bodyCredentials,
});
export const CancelOtpRequest = Type.Object({ to: Recipient, serviceId: ServiceId, ...bodyCredentials });

/** The reply of send-otp and resend-otp. `expiresIn`, `expiresAt`, `resendAt` and `verificationId` are additive. */
export const SendOtpReply = Type.Object({
  success: Type.Literal(true),
  message: Type.Literal("Otp Sent Successfully!"),
  data: Type.Object({
    to: Recipient,
    serviceId: ServiceId,
    status: Type.Literal("pending"),
    verificationId: VerificationId,
    expiresIn: Type.Integer({ minimum: 0, description: "Seconds until the code expires." }),
    expiresAt: timestamp("When the code expires."),
    resendAt: timestamp("From when on `resend-otp` is allowed."),
    metadata,
    test,
  }),
});

export const VerifiedReply = Type.Object({
  success: Type.Literal(true),
  message: Type.Literal("Otp Verified Successfully!"),
  data: Type.Object({
    valid: Type.Literal(true),
    to: Recipient,
    status: Type.Literal("verified"),
    verificationId: VerificationId,
    metadata,
    test,
  }),
});

export const WrongCodeReply = Type.Object({
  success: Type.Literal(true),
  message: Type.Null(),
  data: Type.Object({
    valid: Type.Literal(false),
    status: Type.Literal("pending"),
    to: Recipient,
    verificationId: VerificationId,
    attemptsRemaining: Type.Integer({ minimum: 0, description: "Wrong codes still allowed for this OTP." }),
    expiresIn: Type.Integer({ minimum: 0, description: "Seconds until the code expires." }),
    expiresAt: timestamp("When the code expires."),
    metadata,
    test,
  }),
});

/** HTTP 200 both for a right and a wrong code: test `data.valid`, not `success`. */
export const VerifyOtpReply = Type.Union([VerifiedReply, WrongCodeReply]);

export const CancelOtpReply = Type.Object({
  success: Type.Literal(true),
  message: Type.Literal("Otp Cancelled Successfully!"),
  data: Type.Object({
    to: Recipient,
    serviceId: ServiceId,
    status: Type.Literal("cancelled"),
    verificationId: VerificationId,
  }),
});

export const VerificationReply = Type.Object({
  success: Type.Literal(true),
  message: Type.Null(),
  data: Type.Object({
    verificationId: VerificationId,
    serviceId: ServiceId,
    to: Type.String({
      examples: ["+919876543210"],
      description:
        "The recipient's number, E.164; its masked form if the verification is so old that only that is kept.",
    }),
    status: VerificationStatus,
    attempts: Type.Integer({ minimum: 0, description: "Wrong codes compared." }),
    maxAttempts: Type.Integer({ minimum: 1 }),
    createdAt: timestamp("When the code was issued."),
    expiresAt: timestamp("When the code expires or expired."),
    endedAt: Type.Union([timestamp("When it was verified or cancelled."), Type.Null()]),
    deliveries: Type.Array(DeliveryAttempt),
    metadata,
    test,
  }),
});

interface Row {
  /** Where it is; `{name}` is a parameter. */
  readonly path: string;
  /** What it does, for documentation. */
  readonly summary: string;
  readonly reply: Type.TSchema;
}

interface PostRow extends Row {
  readonly method: "POST";
  /** Fields that it does not name are unknown, and ignored. */
  readonly request: Type.TObject;
  /** What a `serviceId` that the account does not have is answered with. */
  readonly badService: "invalid_request" | "service_not_found";
}

interface GetRow extends Row {
  readonly method: "GET";
  readonly parameters: Readonly<Record<string, Type.TSchema>>;
}

export const operations = {
  "send-otp": {
    method: "POST",
    path: "/api/v1/sms/send-otp",
    summary: "Send a one-time password by SMS",
    request: SendOtpRequest,
    reply: SendOtpReply,
    badService: "invalid_request",
  },
  "verify-otp": {
    method: "POST",
    path: "/api/v1/sms/verify-otp",
    summary: "Check what the user typed; test `data.valid`, not `success`",
    request: VerifyOtpRequest,
    reply: VerifyOtpReply,
    badService: "service_not_found",
  },
  "resend-otp": {
    method: "POST",
    path: "/api/v1/sms/resend-otp",
    summary: "Send the pending code once more",
    request: ResendOtpRequest,
    reply: SendOtpReply,
    badService: "service_not_found",
  },
  "cancel-otp": {
    method: "POST",
    path: "/api/v1/sms/cancel-otp",
    summary: "End the pending OTP",
    request: CancelOtpRequest,
    reply: CancelOtpReply,
    badService: "service_not_found",
  },
  "get-verification": {
    method: "GET",
    path: "/api/v1/sms/verifications/{verificationId}",
    summary: "State and delivery timeline of a verification; never the code",
    parameters: { verificationId: VerificationId },
    reply: VerificationReply,
  },
} as const satisfies Record<string, PostRow | GetRow>;

/** The name of an operation; a route of the SMS API. */
export type Operation = keyof typeof operations;

/** The name of an operation that takes a body. */
export type PostOperation = {
  [Name in Operation]: (typeof operations)[Name]["method"] extends "POST" ? Name : never;
}[Operation];

export const operationNames = Object.keys(operations) as readonly Operation[];

/** Those that take a body, in the table's order. */
export const postOperations = operationNames.filter(isPost);

function isPost(name: Operation): name is PostOperation {
  return operations[name].method === "POST";
}

/** The body that an operation takes. */
export type RequestOf<Name extends PostOperation> = Type.Static<(typeof operations)[Name]["request"]>;

/** The body of its success. */
export type ReplyOf<Name extends Operation> = Type.Static<(typeof operations)[Name]["reply"]>;

export type SendOtpRequest = Type.Static<typeof SendOtpRequest>;
export type ResendOtpRequest = Type.Static<typeof ResendOtpRequest>;
export type VerifyOtpRequest = Type.Static<typeof VerifyOtpRequest>;
export type CancelOtpRequest = Type.Static<typeof CancelOtpRequest>;
export type SendOtpReply = Type.Static<typeof SendOtpReply>;
export type VerifyOtpReply = Type.Static<typeof VerifyOtpReply>;
export type VerifiedReply = Type.Static<typeof VerifiedReply>;
export type WrongCodeReply = Type.Static<typeof WrongCodeReply>;
export type CancelOtpReply = Type.Static<typeof CancelOtpReply>;
export type VerificationReply = Type.Static<typeof VerificationReply>;
