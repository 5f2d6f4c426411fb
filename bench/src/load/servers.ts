/** The servers of a round, all running at once, so that their slices can take turns. */
import type { Engine } from "../engines/engine.ts";
import type { Installation } from "../processes/installation.ts";
import { Server } from "../processes/server.ts";
import { type ServerSpec, type Side, serverName } from "./plan.ts";

export class Servers implements AsyncDisposable {
  readonly #servers = new Map<string, Server>();
  readonly #stack = new AsyncDisposableStack();

  /** Each on an empty store, but for a second process, which is on its first one's. */
  static async start(
    engine: Engine,
    installations: Readonly<Partial<Record<Side, Installation>>>,
    specs: readonly ServerSpec[],
  ): Promise<Servers> {
    const servers = new Servers();
    try {
      for (const spec of specs)
        if (!spec.second) await servers.#add(engine, spec, await servers.#copy(engine, installations[spec.side]));
      for (const spec of specs)
        if (spec.second) await servers.#add(engine, spec, servers.get({ ...spec, second: false }).installation);
      return servers;
    } catch (fault) {
      await servers[Symbol.asyncDispose]();
      throw fault;
    }
  }

  get(spec: ServerSpec): Server {
    const server = this.#servers.get(serverName(spec));
    if (!server) throw new Error(`there is no server of ${serverName(spec)}`);
    return server;
  }

  async #copy(engine: Engine, installation: Installation | undefined): Promise<Installation> {
    if (!installation) throw new Error("a checkout has no installation");
    return this.#stack.use(await engine.copy(installation));
  }

  async #add({ databasePid }: Engine, spec: ServerSpec, installation: Installation): Promise<void> {
    const server = await Server.start(installation, { workers: spec.workers, databasePid });
    this.#servers.set(serverName(spec), this.#stack.use(server));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}
