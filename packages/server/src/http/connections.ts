/**
 * The connections of both listeners: how many there are, how many requests of one are in flight, and which ones idle.
 * What a stranger can make the process hold is bounded here.
 */
import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Log } from "../observe/log.ts";
import type { Metrics } from "../observe/metrics.ts";

/**
 * Requests that one connection may have in flight. Clients that pipeline at all send a few; each reply waits until the
 * client has read the ones before it.
 */
export const inFlightPerConnection = 32;

const warnEveryMs = 60_000;

interface Held {
  /** Requests whose replies are not written out yet. */
  inFlight: number;
}

export interface ConnectionsParts {
  /** Connections at most. */
  readonly atMost: number;
  readonly log: Log;
  readonly metrics: Metrics;
}

export class Connections {
  readonly #parts: ConnectionsParts;
  readonly #held = new Map<Socket, Held>();
  /** Those without a request in flight, the one that has been idle longest first. */
  readonly #idle = new Set<Socket>();
  #inFlight = 0;
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: ConnectionsParts) {
    this.#parts = parts;
    parts.metrics.addSource(() => ({ antryk_connections: { "": this.#held.size } }));
  }

  /** Requests that have arrived and are not answered yet. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Counts the server's connections from now on, and keeps them within the bound. */
  watch(server: Server): void {
    server.on("connection", (socket: Socket) => this.#add(socket));
  }

  /** A request has arrived. `false`: its connection has too many in flight, and has been closed. */
  begin(socket: Socket, response: ServerResponse): boolean {
    const held = this.#held.get(socket);
    if (!held) return false;
    if (held.inFlight >= inFlightPerConnection) {
      this.#close(socket, "pipelining");
      return false;
    }
    held.inFlight += 1;
    this.#inFlight += 1;
    this.#idle.delete(socket);
    response.once("close", () => {
      held.inFlight -= 1;
      this.#inFlight -= 1;
      if (held.inFlight === 0 && this.#held.has(socket)) this.#idle.add(socket);
    });
    return true;
  }

  #add(socket: Socket): void {
    this.#held.set(socket, { inFlight: 0 });
    this.#idle.add(socket);
    socket.once("close", () => {
      this.#held.delete(socket);
      this.#idle.delete(socket);
    });
    if (this.#held.size <= this.#parts.atMost) return;
    const [longestIdle] = this.#idle;
    this.#warn();
    if (longestIdle && longestIdle !== socket) this.#close(longestIdle, "idle");
    else this.#close(socket, "refused");
  }

  #close(socket: Socket, why: "idle" | "refused" | "pipelining"): void {
    this.#held.delete(socket);
    this.#idle.delete(socket);
    this.#parts.metrics.count("antryk_connections_closed_total", why);
    if (why === "pipelining") stopParsing(socket);
    socket.destroy();
  }

  #warn(): void {
    const now = performance.now();
    if (now - this.#warnedAt < warnEveryMs) return;
    this.#warnedAt = now;
    const { atMost, log } = this.#parts;
    log.warn(
      { event: "connections_full", atMost },
      `there are ${atMost} connections, as many as are allowed: idle ones are closed for new ones`,
    );
  }
}

/**
 * Node parses all that has been read, up to 64 kB and thousands of requests, though the socket is destroyed meanwhile.
 * Taking the parser off its list ends that; Node does the same when the socket closes.
 */
function stopParsing(socket: Socket): void {
  const { parser } = socket as Socket & { readonly parser?: { remove?(): void } | null };
  parser?.remove?.();
}
