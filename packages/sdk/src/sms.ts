import { faultError } from "./api-error.ts";
import { checkCallOptions, type Operation, perform } from "./call.ts";
import { type Config, refuseUnknown } from "./config.ts";
import { ConfigurationError } from "./errors.ts";
import { type Bodies, methodOf, operations, type PostOperation } from "./operations.ts";
import type { CallOptions } from "./options.ts";
import { type ReplyPromise, replyPromise } from "./reply-promise.ts";
import type {
  CancelOtpParams,
  CancelOtpReply,
  GetVerificationParams,
  ResendOtpParams,
  SendOtpParams,
  SendOtpReply,
  VerificationReply,
  VerifyOtpParams,
  VerifyOtpReply,
} from "./types.ts";
import { checkParams, checkVerificationId } from "./validation.ts";

/**
 * The SMS API. Every method rejects with an `AntrykError`: a subclass of `ApiError` if the server refuses or would,
 * `ConnectionError`, `TimeoutError`, `AbortError`, or `ConfigurationError` if the program is at fault.
 */
export class Sms {
  readonly #config: Config;

  /** @internal */
  constructor(config: Config) {
    this.#config = config;
  }

  /**
   * Sends a new code to `to`. One that is still pending is not replaced.
   * @throws OtpPendingError while an earlier code is active, RateLimitedError, RecipientBlockedError,
   * ProviderUnavailableError: nothing is pending then.
   */
  sendOtp(params: SendOtpParams, options: CallOptions = {}): ReplyPromise<SendOtpReply> {
    return this.#post("send-otp", params, options);
  }

  /**
   * Checks what the user typed. A wrong code is a value, `data.valid === false`, with `data.attemptsRemaining`.
   * @throws OtpNotFoundError, OtpExpiredError, RateLimitedError when locked, OtpInvalidError for a wrong code if the
   * service is set to answer 400.
   */
  verifyOtp(params: VerifyOtpParams, options: CallOptions = {}): ReplyPromise<VerifyOtpReply> {
    return this.#post("verify-otp", params, options);
  }

  /**
   * Sends the pending code again: the same code, the same life, the same attempts.
   * @throws RateLimitedError before `data.resendAt`, OtpNotFoundError when none is pending, OtpExpiredError.
   */
  resendOtp(params: ResendOtpParams, options: CallOptions = {}): ReplyPromise<SendOtpReply> {
    return this.#post("resend-otp", params, options);
  }

  /**
   * Ends the pending code unused. It gives no limit back.
   * @throws OtpNotFoundError when none is pending.
   */
  cancelOtp(params: CancelOtpParams, options: CallOptions = {}): ReplyPromise<CancelOtpReply> {
    return this.#post("cancel-otp", params, options);
  }

  /**
   * Reads a verification's state and its deliveries, never its code.
   * @throws NotFoundError for an id of no verification of this account.
   */
  getVerification(params: GetVerificationParams, options: CallOptions = {}): ReplyPromise<VerificationReply> {
    return replyPromise(this.#get(params, options));
  }

  #post<Name extends PostOperation>(
    name: Name,
    params: Bodies[Name]["params"],
    options: CallOptions,
  ): ReplyPromise<Bodies[Name]["reply"]> {
    return replyPromise(this.#checkedPost<Bodies[Name]["reply"]>(name, params, options));
  }

  // Asynchronous from the first check on, so that a method never throws before it returns its promise.
  async #checkedPost<Body>(name: PostOperation, params: object, options: CallOptions) {
    const method = `sms.${methodOf(name)}`;
    refuseUnknown(`${method}()`, params, operations[name].fields);
    checkCallOptions(method, options);
    const body: Record<string, unknown> = Object.fromEntries(
      Object.entries(params).filter(([, value]) => value !== undefined),
    );
    const refusal = checkParams(name, body);
    if (refusal) throw faultError(refusal);
    const secrets = [body.to, body.otp].filter((value) => typeof value === "string");
    const operation: Operation = { name, method: "POST", path: `/${name}`, body, secrets };
    return perform<Body>(this.#config, operation, options);
  }

  async #get(params: GetVerificationParams, options: CallOptions) {
    refuseUnknown("sms.getVerification()", params, ["verificationId"]);
    checkCallOptions("sms.getVerification", options);
    if (options.idempotencyKey !== undefined)
      throw new ConfigurationError("getVerification() takes no `idempotencyKey`", "idempotencyKey");
    const refusal = checkVerificationId(params.verificationId);
    if (refusal) throw faultError(refusal);
    const path = `/verifications/${params.verificationId}`;
    return perform<VerificationReply>(
      this.#config,
      { name: "get-verification", method: "GET", path, body: undefined, secrets: [] },
      options,
    );
  }
}
