/** JSON Web Tokens (RFC 7519) of gateways: ours to make a request with, theirs to trust a webhook by. */
import { createHmac, createPrivateKey, type KeyObject, randomUUID, sign } from "node:crypto";
import { parseJson, valueAt } from "./api-call.ts";
import { sameSignature } from "./receipt-reading.ts";

const lifeSeconds = 600;

/**
 * Gives `Authorization` values with an RS256 token over these claims, signed anew every five minutes: an RSA signature
 * costs more than the rest of a send. `undefined` if the key, PEM with line ends or with `\n` written out for them,
 * can't be read.
 */
export function bearerMaker(pem: string, claims: object, now: () => number): () => string | undefined {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem.replaceAll("\\n", "\n"));
  } catch {
    return () => undefined;
  }
  let made = { at: Number.NEGATIVE_INFINITY, header: "" };
  return () => {
    const at = Math.floor(now() / 1000);
    if (Math.abs(at - made.at) > lifeSeconds / 2) {
      const all = { ...claims, iat: at, exp: at + lifeSeconds, jti: randomUUID() };
      const signed = `${encodePart({ alg: "RS256", typ: "JWT" })}.${encodePart(all)}`;
      made = { at, header: `Bearer ${signed}.${sign("sha256", Buffer.from(signed), key).toString("base64url")}` };
    }
    return made.header;
  };
}

const encodePart = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");

/**
 * The claims of a bearer token that is signed by HS256 with this secret, says so, and is valid now (`exp` and `nbf` of
 * RFC 7519, if it has them); else `undefined`. `now`: Unix ms.
 */
export function hs256Claims(authorization: string, secret: string, now: number): unknown {
  const [, head = "", body = "", signature = ""] = /^Bearer ([\w-]+)\.([\w-]+)\.([\w-]+)$/i.exec(authorization) ?? [];
  const expected = createHmac("sha256", secret).update(`${head}.${body}`).digest("base64url");
  if (!sameSignature(signature, expected)) return undefined;
  if (valueAt(decodePart(head), "alg") !== "HS256") return undefined;
  const claims = decodePart(body);
  const [notBefore = Number.NEGATIVE_INFINITY, expires = Number.POSITIVE_INFINITY] = [
    valueAt(claims, "nbf"),
    valueAt(claims, "exp"),
  ];
  const seconds = Math.floor(now / 1000);
  const isValid =
    typeof notBefore === "number" && typeof expires === "number" && notBefore <= seconds && seconds < expires;
  return isValid ? claims : undefined;
}

const decodePart = (part: string): unknown => parseJson(Buffer.from(part, "base64url").toString("utf8"));
