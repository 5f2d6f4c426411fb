/**
 * Sessions without a store, for functions that share no memory: what is known is in the cookie, signed. It is bound
 * to a purpose, so that a "code was sent" cookie is never taken for a "signed in" one. What this can't do is end a
 * session before its time on the server's side; if you need that, keep sessions in your database.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

export type Purpose = "pending" | "phone";

const lifeSeconds = { pending: 10 * 60, phone: 7 * 24 * 60 * 60 } as const;
const secure = process.env.NODE_ENV === "production";
// The prefix makes browsers refuse a cookie of that name from another host or without TLS.
const nameOf = (purpose: Purpose) => `${secure ? "__Host-" : ""}${purpose}`;

const forDevelopment = randomBytes(32);

function sign(purpose: Purpose, payload: string): Buffer {
  const secret = process.env.SESSION_SECRET ?? (secure ? undefined : forDevelopment);
  if (!secret || secret.length < 32) throw new Error("SESSION_SECRET must have at least 32 characters");
  return createHmac("sha256", secret).update(`${purpose}.${payload}`).digest();
}

/** The number in the cookie, if its signature and time are good. */
export function readCookie(request: Request, purpose: Purpose): string | undefined {
  const pairs = request.headers.get("cookie")?.split(/; */) ?? [];
  const [payload = "", mac = ""] = (
    pairs.find((pair) => pair.startsWith(`${nameOf(purpose)}=`))?.split("=")[1] ?? ""
  ).split(".");
  const [given, right] = [Buffer.from(mac, "base64url"), sign(purpose, payload)];
  if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
  const { number, expiresAt } = JSON.parse(Buffer.from(payload, "base64url").toString()) as {
    number: string;
    expiresAt: number;
  };
  return expiresAt > Date.now() ? number : undefined;
}

/** A `set-cookie` line; without a number it removes the cookie. */
export function setCookie(purpose: Purpose, number?: string): [string, string] {
  const maxAge = number ? lifeSeconds[purpose] : 0;
  const payload = Buffer.from(JSON.stringify({ number, expiresAt: Date.now() + maxAge * 1000 })).toString("base64url");
  const value = number ? `${payload}.${sign(purpose, payload).toString("base64url")}` : "";
  const flags = `Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;
  return ["set-cookie", `${nameOf(purpose)}=${value}; ${flags}`];
}
