/** The part of the store's port that keeps verifications. */
import type { IdempotencyClaim, IdempotencyConflict } from "../../model/idempotency.ts";
import type { SharedLimit } from "../../model/limits.ts";
import type { RecipientKey } from "../../model/recipient.ts";
import type {
  ReserveInput,
  ReserveOutcome,
  ReserveResendInput,
  ReserveResendOutcome,
  SettleInput,
} from "../../model/sending.ts";
import type { VerificationRecord } from "../../model/verification.ts";
import type { CancelInput, CancelOutcome, VerifyInput, VerifyOutcome } from "../../model/verifying.ts";

/** What is told of a recipient's newest verification, and of the messages sent to it. */
export interface RecentVerification {
  readonly serviceId: string;
  /** E.164. */
  readonly to: string;
  /** Unix ms. */
  readonly createdAt: number;
  /** Messages since then, and those of earlier verifications, as far as limits still count them. */
  readonly sends: readonly number[];
  readonly isVerified: boolean;
  /** The widest network of the end user's address; "": not known. */
  readonly network: string;
  /** Names of the gateways that took its messages, or may have taken them. */
  readonly gateways: readonly string[];
}

export interface VerificationStore {
  /** send-otp: idempotency, state, every limit, and the new verification under a lease. All or nothing. */
  reserve(input: ReserveInput): Promise<ReserveOutcome>;
  /** resend-otp: the same code once more; the verification's life and attempts stay as they are. */
  reserveResend(input: ReserveResendInput): Promise<ReserveResendOutcome>;
  /**
   * What came of a reservation. Changes nothing of a verification that is no longer under this lease, and never makes a
   * used code valid again.
   */
  settle(input: SettleInput): Promise<void>;
  /** Count the try, compare, consume: one step. */
  verify(input: VerifyInput): Promise<VerifyOutcome>;
  cancel(input: CancelInput): Promise<CancelOutcome>;
  /** What an idempotency key says, for requests that fail before their verb. `undefined`: nothing is known of it. */
  recall(claim: IdempotencyClaim): Promise<IdempotencyConflict | undefined>;
  findVerification(accountId: string, verificationId: string): Promise<VerificationRecord | undefined>;
  /** Visits each recipient's newest verification that was made at `since` or after it, Unix ms; none of a test number. */
  verificationsSince(since: number, visit: (recent: RecentVerification) => void): Promise<void>;
  /** Empties the count of wrong codes. `false` if nothing is known of the recipient. */
  unlock(key: RecipientKey): Promise<boolean>;
  /**
   * Empties every count of a recipient: sends, hand-overs, wrong codes across OTPs, and of `limits`, which count it over
   * its account's services. `false` as above.
   */
  resetCounts(key: RecipientKey, limits?: readonly SharedLimit[]): Promise<boolean>;
}
