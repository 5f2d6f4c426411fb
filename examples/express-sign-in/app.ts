/** Sign-in by phone number, as four JSON routes. */
import {
  type AntrykClient,
  AntrykError,
  normalizeOtp,
  OtpPendingError,
  ProviderUnavailableError,
  RateLimitedError,
} from "@antryk/sdk";
import express, { type ErrorRequestHandler, type Request } from "express";
import session from "express-session";

declare module "express-session" {
  interface SessionData {
    /** Where the code was sent. Verify takes the number from here: one from the client could be anybody's. */
    pending: string;
    /** Who is signed in. */
    phone: string;
  }
}

export interface Settings {
  readonly client: AntrykClient;
  readonly serviceId: string;
  readonly sessionSecret: string;
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

export function createApp({ client, serviceId, sessionSecret }: Settings) {
  const { sms } = client;
  const app = express();
  // Behind a proxy, say which one: `req.ip` is the end user's address then, and the cookie becomes Secure.
  app.set("trust proxy", "loopback");
  app.disable("x-powered-by");
  app.use(
    session({
      name: "sid",
      secret: sessionSecret,
      resave: false,
      saveUninitialized: false,
      cookie: { httpOnly: true, sameSite: "lax", secure: "auto", maxAge: 7 * 24 * 60 * 60_000 },
      // The default store is this process's memory. In production, give it a `store`.
    }),
  );
  // Only JSON is read, which another site's form can't send.
  app.use(express.json({ limit: "1kb" }));

  app.post("/api/sign-in/send", async (req, res) => {
    const to = req.body?.to;
    const times = await sms
      // `clientIp` lets the service limit what one visitor can ask for: `--client-limit 10/1h`.
      .sendOtp({ to, serviceId, clientIp: req.ip }, { idempotencyKey: formKey(req) })
      .then(({ data: { expiresAt, resendAt } }) => ({ expiresAt, resendAt }))
      .catch((error: unknown) => {
        // A code is out already, perhaps asked for in another tab. The user can type it, or ask for it again.
        if (error instanceof OtpPendingError) return { expiresAt: error.expiresAt };
        // No gateway answered in time, but one may have sent the message: its code is right until it expires.
        if (error instanceof ProviderUnavailableError && error.mayHaveBeenSent) return {};
        throw error;
      });
    req.session.pending = to;
    // The same reply whether or not the number has an account, so that it does not show who has one.
    res.json(times);
  });

  app.post("/api/sign-in/resend", async (req, res) => {
    const to = req.session.pending;
    if (!to) return void res.status(400).json({ error: "ask_for_a_code_first" });
    const { data } = await sms.resendOtp({ to, serviceId, clientIp: req.ip });
    res.json({ expiresAt: data.expiresAt, resendAt: data.resendAt });
  });

  app.post("/api/sign-in/verify", async (req, res) => {
    const to = req.session.pending;
    if (!to) return void res.status(400).json({ error: "ask_for_a_code_first" });
    const { data } = await sms.verifyOtp({ to, serviceId, otp: normalizeOtp(req.body?.otp) });
    // Not `success`: that is true for a wrong code as well.
    if (!data.valid)
      return void res.status(400).json({ error: "wrong_code", attemptsRemaining: data.attemptsRemaining });
    // A new session id: whoever knew the old one, or planted it, is not signed in.
    await new Promise<void>((resolve, reject) =>
      req.session.regenerate((fault) => (fault ? reject(fault) : resolve())),
    );
    req.session.phone = data.to;
    res.json({ signedIn: true });
  });

  app.get("/api/me", (req, res) => {
    if (req.session.phone) res.json({ phone: req.session.phone });
    else res.status(401).json({ error: "signed_out" });
  });

  app.post("/api/sign-out", (req, res, next) => {
    req.session.destroy((fault) => (fault ? next(fault) : res.clearCookie("sid").json({ signedIn: false })));
  });

  app.use(onError);
  return app;
}

/** The form's own id: submitted twice, it sends one message. Without it the client makes one for each call. */
function formKey(req: Request): string | undefined {
  const key = req.get("idempotency-key");
  return key && /^[\w-]{16,64}$/.test(key) ? key : undefined;
}

const onError: ErrorRequestHandler = (error, _req, res, next) => {
  if (!(error instanceof AntrykError)) return next(error);
  const status = shown[error.type];
  // The SDK's errors hold no number, code or key.
  if (!status) console.error(error.name, error.type, error.requestId);
  const { type, retryAfterMs, attemptsRemaining } = error;
  const limit = error instanceof RateLimitedError ? error.limit : undefined;
  res
    .status(status ?? 502)
    .json(status ? { error: type, retryAfterMs, attemptsRemaining, limit } : { error: "unavailable" });
};
