/** A worker's line to its supervisor. */
import type { Listening } from "../../app.ts";
import type { Inbox, SandboxMessage } from "../../gateways/sandbox/inbox.ts";
import { RemoteInbox } from "../../gateways/sandbox/remote-inbox.ts";
import type { Snapshot } from "../../observe/metrics.ts";
import { Channel } from "./channel.ts";

export interface SupervisorLine {
  readonly inbox: Inbox;
  /** Resolves when the supervisor, or a SIGTERM, asks this worker to stop. */
  readonly stop: Promise<string>;
  /** The metrics of all workers. */
  metrics(): Promise<Snapshot>;
  tellListening(where: Listening): Promise<void>;
  /** The store has come further than this program: the whole server must stop. */
  tellBeyond(): Promise<void>;
  /** Calls it when the supervisor says that the server will stop. */
  onLeave(leave: () => void): void;
  /** Calls it when the keyring's file shall be looked at. */
  onReload(reload: () => void): void;
}

/** `ownMetrics`: what this worker has counted. */
export function lineToSupervisor(ownMetrics: () => Snapshot): SupervisorLine {
  const { promise: stop, resolve } = Promise.withResolvers<string>();
  let onLeave = (): void => undefined;
  let onReload = (): void => undefined;
  // A terminal sends SIGINT to every process; the supervisor decides what it means.
  process.on("SIGINT", () => undefined);
  process.on("SIGHUP", () => undefined);
  process.on("SIGTERM", () => resolve("SIGTERM"));
  const channel = new Channel(
    {
      send: (message, sent) => void process.send?.(message, undefined, undefined, sent),
      listen: (receive) => void process.on("message", receive),
    },
    {
      stop: () => resolve("supervisor"),
      leave: () => onLeave(),
      reload: () => onReload(),
      ping: () => true,
      metrics: ownMetrics,
    },
  );
  // A worker that can't start must end; one that serves is kept alive by its socket.
  process.channel?.unref();
  return {
    inbox: new RemoteInbox({
      add: (messages: readonly SandboxMessage[]) => channel.ask("sandbox-add", messages),
      list: (to) => channel.ask<SandboxMessage[]>("sandbox-list", to ?? null),
    }),
    stop,
    metrics: () => channel.ask<Snapshot>("metrics"),
    tellListening: (where) => channel.ask("listening", where),
    tellBeyond: () => channel.ask("beyond"),
    onLeave: (leave) => {
      onLeave = leave;
    },
    onReload: (reload) => {
      onReload = reload;
    },
  };
}
