/** One slice: so many requests, each sent once, and what the process that answered them used for it. */
import { randomUUID } from "node:crypto";
import { Child, type Usage } from "../processes/child.ts";
import type { Server } from "../processes/installation.ts";
import { openCodes } from "./codes.ts";
import type { Load, LoadRequest, LoadResult } from "./load.ts";
import { connections, type Path } from "./paths.ts";
import { postgresCodes } from "./postgres-codes.ts";
import { Recipients, shuffled } from "./recipients.ts";

export interface Slice {
  readonly requests: number;
  /** Processor time of the server process for one request, user and system, µs. */
  readonly cpuUs: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Processor time in wall time: near 1, the server is what limits the rate; below, the load generator. */
  readonly busy: number;
}

/** What uses processor time. */
export interface Measurable {
  usage(): Promise<Usage>;
}

/** Requests that were not answered as they should be. */
export interface Failure {
  readonly what: string;
  readonly failures: Readonly<Record<string, number>>;
  readonly example: string | undefined;
}

export class Meter implements AsyncDisposable {
  readonly failures: Failure[] = [];
  readonly #loader = new Child({ module: new URL("./load.ts", import.meta.url) });
  readonly #recipients = new Recipients();

  /** The path's requests, ready to be sent. For verify-otp the codes are sent first. */
  async prepare(path: Path, server: Server, count: number): Promise<LoadRequest[]> {
    const recipients = this.#recipients.take(roundUp(count));
    const serviceId = serviceOf(path, server);
    const withKey = (body: object): LoadRequest => ({
      body: JSON.stringify(body),
      ...(path.keyed ? { idempotencyKey: randomUUID() } : {}),
    });
    const sends = recipients.map((to) => ({ to, serviceId }));
    if (path.operation === "send-otp") return sends.map(withKey);
    const requests = sends.map((body) => ({ body: JSON.stringify(body) }));
    await this.#run(`${path.name}: sends before it`, server, this.#load(server, "send-otp", requests));
    const { databaseUrl } = server.installation;
    const codes =
      databaseUrl === undefined
        ? openCodes(server.installation, serviceId)
        : await postgresCodes(server.installation, databaseUrl, serviceId);
    return shuffled(recipients).map((to) => withKey({ to, serviceId, otp: codes.get(to) ?? "" }));
  }

  send(path: Path, server: Server, requests: readonly LoadRequest[]): Promise<Slice> {
    return this.#run(path.name, server, this.#load(server, path.operation, requests));
  }

  /** The yardstick answers what a send asks. */
  yardstick(child: Child, origin: string, server: Server, count: number): Promise<Slice> {
    const serviceId = server.installation.caller.services.send;
    const requests = this.#recipients.take(roundUp(count)).map((to) => ({ body: JSON.stringify({ to, serviceId }) }));
    return this.#run("yardstick", child, { ...this.#load(server, "send-otp", requests), origin });
  }

  /** Sends at a steady rate, requests per second. */
  async atRate(path: Path, server: Server, rate: number, seconds: number): Promise<Slice> {
    const requests = await this.prepare(path, server, rate * seconds);
    return this.#run(`${path.name} at ${rate} a second`, server, {
      ...this.#load(server, path.operation, requests),
      rate,
    });
  }

  async #run(what: string, measured: Measurable, load: Load): Promise<Slice> {
    const before = await measured.usage();
    const result = await this.#loader.ask<LoadResult>("load", load);
    const cpu = (await measured.usage()).cpu - before.cpu;
    const { failures, example, replies, requestsPerSecond, p50Ms, p99Ms } = result;
    if (Object.keys(failures).length > 0) this.failures.push({ what, failures, example });
    const cpuUs = cpu / replies;
    return { requests: replies, cpuUs, requestsPerSecond, p50Ms, p99Ms, busy: (cpuUs * requestsPerSecond) / 1e6 };
  }

  #load(
    { origin, installation: { caller } }: Server,
    operation: Path["operation"],
    requests: readonly LoadRequest[],
  ): Load {
    return {
      origin,
      path: `/api/v1/sms/${operation}`,
      headers: {
        "content-type": "application/json",
        "x-access-key": caller.accessKey,
        "x-secret-key": caller.secretKey,
      },
      requests,
      connections,
      expect: operation === "send-otp" ? '"success":true' : '"valid":true',
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#loader[Symbol.asyncDispose]();
  }
}

function serviceOf(path: Path, { installation: { caller } }: Server): string {
  if (path.gateway === "http") return caller.services.http;
  return path.operation === "send-otp" ? caller.services.send : caller.services.verify;
}

/** The same number for each connection. */
function roundUp(count: number): number {
  return Math.ceil(count / connections) * connections;
}
