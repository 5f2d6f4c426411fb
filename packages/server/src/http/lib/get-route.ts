/** A route for GET, and so for HEAD: all of them are off the two hot paths, and Fastify finds them. */
import type { FastifyRequest } from "fastify";
import type { Reply } from "./reply.ts";

export type GetRequest = FastifyRequest<{
  Params: Record<string, string>;
  Querystring: Record<string, string | string[] | undefined>;
}>;

/** `Parts` is what it needs of the service. */
export interface GetRoute<Parts> {
  /** `:name` stands for a parameter. */
  readonly path: string;
  answer(parts: Parts, request: GetRequest): Reply | Promise<Reply>;
}

/** Whether a path without its query is one of the route's. */
export function isAt({ path }: Pick<GetRoute<never>, "path">, asked: string): boolean {
  const [wanted, given] = [path.split("/"), asked.split("/")];
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => (part.startsWith(":") ? given[index] !== "" : part === given[index]))
  );
}
