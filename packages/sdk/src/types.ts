// Bodies of the SMS API as this package's users see them. They are written out, not made from the contract's schemas,
// so that the published declarations are readable and depend on nothing; `types.test.ts` proves that both are the same.

/** Parameters of `cancelOtp`, and of every other method that is about a recipient. */
export interface CancelOtpParams {
  /** The recipient's number, strict E.164, such as `+919876543210`. */
  to: string;
  /** The verification service, a UUID v4. */
  serviceId: string;
}

/** Parameters of `sendOtp`. */
export interface SendOtpParams extends CancelOtpParams {
  /** BCP 47 language of the message, such as `hi` or `pt-BR`. */
  locale?: string | undefined;
  /** The end user's address, for limits per client. */
  clientIp?: string | undefined;
  /** Keys of your own that limits of the service count by, such as `{ user: "u-1" }`; at most three. */
  limits?: Record<string, string> | undefined;
  /** What you want to have back in replies and look-ups; at most ten pairs. */
  metadata?: Record<string, string> | undefined;
}

/** Parameters of `resendOtp`. */
export interface ResendOtpParams extends Omit<SendOtpParams, "metadata"> {}

/** Parameters of `verifyOtp`. */
export interface VerifyOtpParams extends CancelOtpParams {
  /** What the user typed: 4 to 10 digits. A number would lose leading zeros. */
  otp: string;
  /** The end user's address, for limits per client. */
  clientIp?: string | undefined;
}

/** Parameters of `getVerification`. */
export interface GetVerificationParams {
  /** The `data.verificationId` of an earlier reply. */
  verificationId: string;
}

/** The reply of `sendOtp` and `resendOtp`. A gateway took the message; the phone may not have it yet. */
export interface SendOtpReply {
  success: true;
  message: "Otp Sent Successfully!";
  data: {
    to: string;
    serviceId: string;
    status: "pending";
    verificationId: string;
    /** Seconds. */
    expiresIn: number;
    /** ISO 8601. */
    expiresAt: string;
    /** From then on `resendOtp` is allowed, ISO 8601. */
    resendAt: string;
    metadata?: Record<string, string>;
    /** Only if it is of a test number: no message left. */
    test?: true;
  };
}

/** The reply to a right code. */
export interface VerifiedReply {
  /** @deprecated It is `true` for a wrong code as well: test `data.valid`. */
  success: true;
  message: "Otp Verified Successfully!";
  data: {
    valid: true;
    to: string;
    status: "verified";
    verificationId: string;
    metadata?: Record<string, string>;
    /** Only if it is of a test number: no message left. */
    test?: true;
  };
}

/** The reply to a wrong code. */
export interface WrongCodeReply {
  /** @deprecated It says that the code was compared, not that it is right: test `data.valid`. */
  success: true;
  message: null;
  data: {
    valid: false;
    status: "pending";
    to: string;
    verificationId: string;
    /** Wrong codes still allowed. */
    attemptsRemaining: number;
    /** Seconds. */
    expiresIn: number;
    /** ISO 8601. */
    expiresAt: string;
    metadata?: Record<string, string>;
    /** Only if it is of a test number: no message left. */
    test?: true;
  };
}

/** The reply of `verifyOtp`. Test `data.valid`, not `success`. */
export type VerifyOtpReply = VerifiedReply | WrongCodeReply;

/** The reply of `cancelOtp`. */
export interface CancelOtpReply {
  success: true;
  message: "Otp Cancelled Successfully!";
  data: { to: string; serviceId: string; status: "cancelled"; verificationId: string };
}

/** The states of a verification. */
export type VerificationStatus = "pending" | "verified" | "cancelled" | "expired" | "locked";

/** One hand-over of a message to one gateway. */
export interface DeliveryAttempt {
  /** ISO 8601. */
  at: string;
  operation: "send-otp" | "resend-otp";
  gateway: string;
  outcome: "accepted" | "refused" | "unknown";
  /** Why it was not accepted. */
  reason?: string;
  /** The gateway's own id of the message. */
  messageId?: string;
  durationMs: number;
  /** Why the gateway had its place in the order, if the service's routes learn. */
  chosen?: {
    by: "learning" | "exploration";
    /** Share of its messages to this country that is expected to be verified, 0 to 1. */
    share: number;
    /** Messages known of the gateway, older ones counted less. */
    sent: number;
    /** Those of them whose code was verified. */
    verified: number;
  };
  /** What the gateway reported of the message later. */
  receipt?: {
    status: "queued" | "sent" | "delivered" | "undelivered" | "unknown";
    /** ISO 8601. */
    at: string;
    /** The gateway's own status or error code. */
    code?: string;
  };
}

/**
 * The limit that a 429 names. `otp`: wrong codes of one OTP; a new send is allowed. `wrong_codes`: wrong codes of the
 * number across OTPs; a new code does not help. `recipient`, `attempts`: sends to the number. `cooldown`: between two
 * messages of one OTP. The others are counted over many numbers.
 */
export type LimitName =
  | "recipient"
  | "attempts"
  | "cooldown"
  | "otp"
  | "wrong_codes"
  | "service"
  | "account"
  | "country"
  | "prefix"
  | "client"
  | "named";

/** Why a number is refused with 403. `gateway`: by the gateway, for good. `no_route`: no route takes it. `limit`: on 429. */
export type BlockedReason =
  | "no_route"
  | "country"
  | "number_type"
  | "block_list"
  | "guard"
  | "budget"
  | "gateway"
  | "limit";

/** The reply of `getVerification`. It never holds the code. */
export interface VerificationReply {
  success: true;
  message: null;
  data: {
    verificationId: string;
    serviceId: string;
    to: string;
    status: VerificationStatus;
    /** Wrong codes. */
    attempts: number;
    maxAttempts: number;
    /** ISO 8601. */
    createdAt: string;
    /** ISO 8601. */
    expiresAt: string;
    /** When it was verified or cancelled. */
    endedAt: string | null;
    deliveries: DeliveryAttempt[];
    metadata?: Record<string, string>;
    /** Only if it is of a test number: no message left. */
    test?: true;
  };
}
