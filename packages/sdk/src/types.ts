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
}

/** Parameters of `resendOtp`. */
export interface ResendOtpParams extends SendOtpParams {}

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
  };
}

/** The reply to a right code. */
export interface VerifiedReply {
  success: true;
  message: "Otp Verified Successfully!";
  data: { valid: true; to: string; status: "verified"; verificationId: string };
}

/** The reply to a wrong code. */
export interface WrongCodeReply {
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
  };
}
