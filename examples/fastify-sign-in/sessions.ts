/**
 * Sessions in this process's memory, named by a random id in a cookie. Enough to run the example without a further
 * package; with several processes, keep them in a store that all of them reach (`@fastify/session` and Redis, say).
 */
import { randomBytes } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";

export interface Session {
  /** Where the code was sent. */
  pending?: string;
  /** Who is signed in. */
  phone?: string;
  expiresAt: number;
}

const lifeMs = 7 * 24 * 60 * 60_000;
const secure = process.env.NODE_ENV === "production";
// The prefix makes browsers refuse a cookie of that name from another host or without TLS.
const name = secure ? "__Host-sid" : "sid";

export class Sessions {
  readonly #sessions = new Map<string, Session>();

  read(request: FastifyRequest): Session | undefined {
    const session = this.#sessions.get(idOf(request));
    return session && session.expiresAt > Date.now() ? session : undefined;
  }

  /** Ends the request's session and begins another under a new id, so that whoever knew the old one has nothing. */
  replace(request: FastifyRequest, reply: FastifyReply, values: Omit<Session, "expiresAt">): void {
    this.#sessions.delete(idOf(request));
    for (const [id, { expiresAt }] of this.#sessions) {
      if (expiresAt > Date.now()) break;
      this.#sessions.delete(id);
    }
    const id = randomBytes(32).toString("base64url");
    this.#sessions.set(id, { ...values, expiresAt: Date.now() + lifeMs });
    reply.header("set-cookie", cookie(id, lifeMs / 1000));
  }

  end(request: FastifyRequest, reply: FastifyReply): void {
    this.#sessions.delete(idOf(request));
    reply.header("set-cookie", cookie("", 0));
  }
}

function idOf({ headers }: FastifyRequest): string {
  const pair = headers.cookie?.split(/; */).find((each) => each.startsWith(`${name}=`));
  return pair?.slice(name.length + 1) ?? "";
}

function cookie(id: string, maxAge: number): string {
  return `${name}=${id}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;
}
