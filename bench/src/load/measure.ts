/** One slice: so many requests, each sent once, and what the process that answered them used for it. */
import { randomInt, randomUUID } from "node:crypto";
import type { Receivers } from "../gateways/receivers.ts";
import { Child, type Usage } from "../processes/child.ts";
import type { Server } from "../processes/server.ts";
import type { Load, LoadRequest, LoadResult } from "./load.ts";
import { connections, type Path } from "./paths.ts";
import { Recipients, shuffled } from "./recipients.ts";

export interface Slice {
  readonly requests: number;
  /** Processor time of the server and its database for one request, user and system, µs. */
  readonly cpuUs: number;
  /** The database server's part; 0 if there is none. */
  readonly databaseUs: number;
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
  readonly #receivers: Receivers;
  readonly #loader = new Child({ module: new URL("./load.ts", import.meta.url) });
  readonly #recipients = new Recipients();

  constructor(receivers: Receivers) {
    this.#receivers = receivers;
  }

  /** The path's requests, ready to be sent. For verify-otp the codes are sent first, by `sender`. */
  async prepare(path: Path, server: Server, count: number, sender = server): Promise<LoadRequest[]> {
    const recipients = this.#recipients.take(roundUp(count));
    const serviceId = server.installation.serviceId(path.service);
    const withKey = (body: object): LoadRequest => ({
      body: JSON.stringify(body),
      ...(path.keyed ? { idempotencyKey: randomUUID() } : {}),
    });
    const sends = recipients.map((to) => ({ to, serviceId, ...(path.isFromClients ? newClient() : {}) }));
    if (path.operation === "send-otp") return sends.map(withKey);
    const requests = sends.map((body) => ({ body: JSON.stringify(body) }));
    await this.#run(`${path.name}: sends before it`, sender, this.#load(sender, "send-otp", requests));
    const codes = await this.#receivers.codes();
    return shuffled(recipients).map((to) => withKey({ to, serviceId, otp: codes.get(to) ?? "" }));
  }

  send(path: Path, server: Server, requests: readonly LoadRequest[]): Promise<Slice> {
    return this.#run(path.name, server, this.#load(server, path.operation, requests));
  }

  /** The yardstick answers what a send asks. */
  yardstick(child: Child, origin: string, server: Server, count: number): Promise<Slice> {
    const serviceId = server.installation.serviceId("send");
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
    const after = await measured.usage();
    const { failures, example, replies, requestsPerSecond, p50Ms, p99Ms } = result;
    if (Object.keys(failures).length > 0) this.failures.push({ what, failures, example });
    const cpuUs = (after.cpu - before.cpu) / replies;
    const databaseUs = ((after.databaseCpu ?? 0) - (before.databaseCpu ?? 0)) / replies;
    return {
      requests: replies,
      cpuUs,
      databaseUs,
      requestsPerSecond,
      p50Ms,
      p99Ms,
      busy: (cpuUs * requestsPerSecond) / 1e6,
    };
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

/** An end user: mobile carriers share few addresses among many. */
function newClient(): object {
  const octet = () => randomInt(1, 255);
  return { clientIp: `100.${randomInt(64, 128)}.${octet()}.${octet()}`, limits: { user: randomUUID() } };
}

/** The same number for each connection. */
function roundUp(count: number): number {
  return Math.ceil(count / connections) * connections;
}
