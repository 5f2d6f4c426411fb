/** Sign-in by phone number, as JSON routes. */
import {
  type AntrykClient,
  AntrykError,
  normalizeOtp,
  OtpPendingError,
  ProviderUnavailableError,
  RateLimitedError,
} from "@antryk/sdk";
import Fastify, { type FastifyRequest } from "fastify";
import { Sessions } from "./sessions.ts";

export interface Settings {
  readonly client: AntrykClient;
  readonly serviceId: string;
}

/** What the browser may know. Every other error is the operator's: 502, and a line in the log. */
const shown: Readonly<Record<string, number>> = {
  invalid_recipient: 400,
  otp_invalid: 400,
  recipient_blocked: 403,
  otp_not_found: 410,
  otp_expired: 410,
  rate_limited: 429,
};

const jsonObject = { body: { type: "object" } };

export function createApp({ client, serviceId }: Settings) {
  const { sms } = client;
  const sessions = new Sessions();
  // Behind a proxy, say which one: `request.ip` is the end user's address then. Fastify reads JSON only, which another
  // site's form can't send.
  const app = Fastify({ trustProxy: "loopback", bodyLimit: 1024 });

  app.post<{ Body: { to: string } }>("/api/sign-in/send", { schema: jsonObject }, async (request, reply) => {
    const { to } = request.body;
    const times = await sms
      // `clientIp` lets the service limit what one visitor can ask for: `--client-limit 10/1h`.
      .sendOtp({ to, serviceId, clientIp: request.ip }, { idempotencyKey: formKey(request) })
      .then(({ data: { expiresAt, resendAt } }) => ({ expiresAt, resendAt }))
      .catch((error: unknown) => {
        // A code is out already, perhaps asked for in another tab. The user can type it, or ask for it again.
        if (error instanceof OtpPendingError) return { expiresAt: error.expiresAt };
        // No gateway answered in time, but one may have sent the message: its code is right until it expires.
        if (error instanceof ProviderUnavailableError && error.mayHaveBeenSent) return {};
        throw error;
      });
    // Verify takes the number from here: one from the client could be anybody's.
    sessions.replace(request, reply, { pending: to });
    // The same reply whether or not the number has an account, so that it does not show who has one.
    return times;
  });

  app.post("/api/sign-in/resend", async (request, reply) => {
    const to = sessions.read(request)?.pending;
    if (!to) return reply.code(400).send({ error: "ask_for_a_code_first" });
    const { data } = await sms.resendOtp({ to, serviceId, clientIp: request.ip });
    return { expiresAt: data.expiresAt, resendAt: data.resendAt };
  });

  app.post<{ Body: { otp: string } }>("/api/sign-in/verify", { schema: jsonObject }, async (request, reply) => {
    const to = sessions.read(request)?.pending;
    if (!to) return reply.code(400).send({ error: "ask_for_a_code_first" });
    const { data } = await sms.verifyOtp({ to, serviceId, otp: normalizeOtp(request.body.otp) });
    // Not `success`: that is true for a wrong code as well.
    if (!data.valid) return reply.code(400).send({ error: "wrong_code", attemptsRemaining: data.attemptsRemaining });
    sessions.replace(request, reply, { phone: data.to });
    return { signedIn: true };
  });

  app.get("/api/me", async (request, reply) => {
    const phone = sessions.read(request)?.phone;
    return phone ? { phone } : reply.code(401).send({ error: "signed_out" });
  });

  app.post("/api/sign-out", async (request, reply) => {
    sessions.end(request, reply);
    return { signedIn: false };
  });

  app.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof AntrykError)) return reply.send(error);
    const status = shown[error.type];
    // The SDK's errors hold no number, code or key.
    if (!status) console.error(error.name, error.type, error.requestId);
    const { type, retryAfterMs, attemptsRemaining } = error;
    const limit = error instanceof RateLimitedError ? error.limit : undefined;
    return reply
      .code(status ?? 502)
      .send(status ? { error: type, retryAfterMs, attemptsRemaining, limit } : { error: "unavailable" });
  });

  return app;
}

/** The form's own id: submitted twice, it sends one message. Without it the client makes one for each call. */
function formKey({ headers }: FastifyRequest): string | undefined {
  const key = headers["idempotency-key"];
  return typeof key === "string" && /^[\w-]{16,64}$/.test(key) ? key : undefined;
}
