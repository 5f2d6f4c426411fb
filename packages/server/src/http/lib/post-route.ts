/** A route for POST off the hot paths: one JSON object in, one reply out. */
import type { FastifyRequest } from "fastify";
import type { Reply } from "./reply.ts";

/** `Parts` is what it needs of the service. */
export interface PostRoute<Parts> {
  readonly path: string;
  answer(parts: Parts, body: Readonly<Record<string, unknown>>, request: FastifyRequest): Reply | Promise<Reply>;
}
