import { OtpPendingError, ProviderUnavailableError } from "@antryk/sdk";
import { antryk, clientIp, jsonBody, refusal } from "../../../../lib/antryk.ts";
import { setCookie } from "../../../../lib/session.ts";

export async function POST(request: Request) {
  const { sms, serviceId } = antryk();
  const to = (await jsonBody(request)).to as string;
  try {
    const times = await sms
      // `clientIp` lets the service limit what one visitor can ask for: `--client-limit 10/1h`.
      .sendOtp({ to, serviceId, clientIp: clientIp(request) }, { idempotencyKey: formKey(request) })
      .then(({ data: { expiresAt, resendAt } }) => ({ expiresAt, resendAt }))
      .catch((error: unknown) => {
        // A code is out already, perhaps asked for in another tab. The user can type it, or ask for it again.
        if (error instanceof OtpPendingError) return { expiresAt: error.expiresAt };
        // No gateway answered in time, but one may have sent the message: its code is right until it expires.
        if (error instanceof ProviderUnavailableError && error.mayHaveBeenSent) return {};
        throw error;
      });
    // The same reply whether or not the number has an account, so that it does not show who has one.
    return Response.json(times, { headers: [setCookie("pending", to)] });
  } catch (error) {
    return refusal(error);
  }
}

/** The form's own id: submitted twice, it sends one message. Without it the client makes one for each call. */
function formKey(request: Request): string | undefined {
  const key = request.headers.get("idempotency-key");
  return key && /^[\w-]{16,64}$/.test(key) ? key : undefined;
}
