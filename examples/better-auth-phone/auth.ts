/** Better Auth, with Antryk making, sending and checking the codes of its phone-number plug-in. */
import {
  type AntrykClient,
  AntrykError,
  normalizeOtp,
  OtpExpiredError,
  OtpNotFoundError,
  OtpPendingError,
} from "@antryk/sdk";
import { type BetterAuthOptions, betterAuth } from "better-auth";
import { APIError, getIP } from "better-auth/api";
import { phoneNumber } from "better-auth/plugins";

export interface Settings {
  readonly client: AntrykClient;
  readonly serviceId: string;
  readonly database: NonNullable<BetterAuthOptions["database"]>;
  readonly baseURL: string;
  readonly secret: string;
}

/** What the browser may know. Every other error is the operator's: 502, and a line in the log. */
const shown = {
  invalid_recipient: "BAD_REQUEST",
  otp_invalid: "BAD_REQUEST",
  recipient_blocked: "FORBIDDEN",
  rate_limited: "TOO_MANY_REQUESTS",
} as const;

function refusal(error: unknown): unknown {
  if (!(error instanceof AntrykError)) return error;
  const status = shown[error.type as keyof typeof shown];
  // The SDK's errors hold no number, code or key.
  if (!status) console.error(error.name, error.type, error.requestId);
  const { type, retryAfterMs } = error;
  return new APIError(
    status ?? "BAD_GATEWAY",
    status ? { code: type.toUpperCase(), retryAfterMs } : { code: "UNAVAILABLE" },
  );
}

export function createAuth({ client, serviceId, ...settings }: Settings) {
  const { sms } = client;
  const options = {
    ...settings,
    plugins: [
      phoneNumber({
        phoneNumberValidator: (number) => /^\+[1-9]\d{6,14}$/.test(number),

        // Better Auth makes a code too and passes it as `code`: it is not used.
        async sendOTP({ phoneNumber: to }, ctx) {
          // The address that Better Auth's own rate limit uses; see its `advanced.ipAddress` behind a proxy.
          const clientIp = (ctx?.request && getIP(ctx.request, ctx.context.options)) ?? undefined;
          const params = { to, serviceId, clientIp };
          try {
            // One idempotency key for each call, kept for its retries, is made by the SDK.
            await sms.sendOtp(params).catch((error: unknown) => {
              // The plug-in has one route for "send" and "send again".
              if (error instanceof OtpPendingError) return sms.resendOtp(params);
              throw error;
            });
          } catch (error) {
            throw refusal(error);
          }
        },

        // The number is the client's here, and needs no session: a code is right only for the number it was sent to.
        async verifyOTP({ phoneNumber: to, code }, ctx) {
          // The plug-in asks here for password resets too. A code that was sent to sign in must not set a password.
          if (ctx?.path === "/phone-number/reset-password") return false;
          try {
            const { data } = await sms.verifyOtp({ to, serviceId, otp: normalizeOtp(code) });
            return data.valid; // not `success`: that is true for a wrong code as well
          } catch (error) {
            if (error instanceof OtpNotFoundError || error instanceof OtpExpiredError) return false;
            throw refusal(error);
          }
        },

        signUpOnVerification: { getTempEmail: (number) => `${number.slice(1)}@phone.invalid` },
      }),
    ],
  } satisfies BetterAuthOptions;
  return betterAuth(options);
}
