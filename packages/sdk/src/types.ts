/**
 * Bodies of the SMS API as this package's users see them. They are written out, not made from the contract's schemas,
 * so that the published declarations are readable and depend on nothing; `types.test.ts` proves that both are the same.
 */

/** What `sms.sendOtp` takes. */
export interface SendOtpParams {
  /** The recipient's number, strict E.164, such as `+919876543210`. */
  to: string;
  /** The verification service, a UUID v4. */
  serviceId: string;
  /** BCP 47 language of the message, such as `hi` or `pt-BR`. */
  locale?: string;
  /** The end user's address, for limits per client. Pass it only if your proxy cannot be lied to about it. */
  clientIp?: string;
}

/** What `sms.resendOtp` takes. */
export interface ResendOtpParams extends SendOtpParams {}

/** What `sms.verifyOtp` takes. */
export interface VerifyOtpParams {
  /** The recipient's number, strict E.164, as it was given to `sendOtp`. */
  to: string;
  /** The verification service, a UUID v4. */
  serviceId: string;
  /** What the user typed: 4 to 10 digits. Keep it a string: a number loses leading zeros. */
  otp: string;
  /** The end user's address, for limits per client. */
  clientIp?: string;
}

/** What `sms.cancelOtp` takes. */
export interface CancelOtpParams {
  /** The recipient's number, strict E.164, as it was given to `sendOtp`. */
  to: string;
  /** The verification service, a UUID v4. */
  serviceId: string;
}

/** What `sms.getVerification` takes. */
export interface GetVerificationParams {
  /** The `data.verificationId` of an earlier reply. */
  verificationId: string;
}

/** The reply of `sendOtp` and `resendOtp`. HTTP 200 says that a gateway took the message, not that the phone has it. */
export interface SendOtpReply {
  success: true;
  message: "Otp Sent Successfully!";
  data: {
    to: string;
    serviceId: string;
    status: "pending";
    verificationId: string;
    /** Seconds until the code's life is over. */
    expiresIn: number;
    /** When the code's life is over, ISO 8601. */
    expiresAt: string;
    /** From when on `resendOtp` is allowed, ISO 8601. */
    resendAt: string;
  };
}

/** The reply to a right code. */
export interface VerifiedReply {
  success: true;
  message: "Otp Verified Successfully!";
  data: { valid: true; to: string; status: "verified"; verificationId: string };
}

/** The reply to a wrong code, where the service answers 200 to it (the default). */
export interface WrongCodeReply {
  success: true;
  message: null;
  data: {
    valid: false;
    status: "pending";
    to: string;
    verificationId: string;
    /** Wrong codes still allowed for this OTP. */
    attemptsRemaining: number;
    /** Seconds until the code's life is over. */
    expiresIn: number;
    /** When the code's life is over, ISO 8601. */
    expiresAt: string;
  };
}

/** The reply of `verifyOtp`. Test `data.valid`: `success` is `true` for a wrong code too. */
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
  /** When the gateway was asked, ISO 8601. */
  at: string;
  operation: "send-otp" | "resend-otp";
  /** The gateway's name. */
  gateway: string;
  outcome: "accepted" | "refused" | "unknown";
  /** Why it was not accepted, such as `rejected`, `timeout`. */
  reason?: string;
  /** The gateway's own id of the message. */
  messageId?: string;
  durationMs: number;
}

/** The reply of `getVerification`. It never holds the code. */
export interface VerificationReply {
  success: true;
  message: null;
  data: {
    verificationId: string;
    serviceId: string;
    to: string;
    status: VerificationStatus;
    /** Wrong codes compared. */
    attempts: number;
    maxAttempts: number;
    /** When the code was issued, ISO 8601. */
    createdAt: string;
    /** When the code's life is or was over, ISO 8601. */
    expiresAt: string;
    /** When it was verified or cancelled, ISO 8601. */
    endedAt: string | null;
    deliveries: DeliveryAttempt[];
  };
}

/** The name of an error, as the server sends it in `type`. */
export type ErrorType =
  | "invalid_recipient"
  | "otp_invalid"
  | "invalid_json"
  | "invalid_parameter"
  | "invalid_http"
  | "invalid_credentials"
  | "invalid_request"
  | "recipient_blocked"
  | "service_not_found"
  | "otp_not_found"
  | "not_found"
  | "method_not_allowed"
  | "request_timeout"
  | "otp_pending"
  | "idempotency_in_progress"
  | "otp_expired"
  | "payload_too_large"
  | "unsupported_media_type"
  | "idempotency_key_reused"
  | "rate_limited"
  | "headers_too_large"
  | "internal_error"
  | "provider_unavailable"
  | "unavailable";
