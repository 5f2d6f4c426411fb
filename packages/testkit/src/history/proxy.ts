/** Stands between the servers and their database: cuts connections, and later leads to another database. */
import { connect, createServer, type Socket } from "node:net";
import { resetSocket } from "../net/reset.ts";

/**
 * - `now`: at once, wherever they are
 * - `before-request`: the next request does not arrive
 * - `before-answer`: the next request is done, and its answer is lost
 */
export type Cut = "now" | "before-request" | "before-answer";

export interface DatabaseProxy extends AsyncDisposable {
  readonly port: number;
  /** Cuts every connection; resolves with how many there were. */
  cut(how: Cut): number;
  /** Of connections from now on. */
  leadTo(port: number): void;
}

interface Pair {
  readonly client: Socket;
  readonly database: Socket;
  cut: Cut | undefined;
}

export async function startProxy(to: number): Promise<DatabaseProxy> {
  let target = to;
  const pairs = new Set<Pair>();
  const break_ = ({ client, database }: Pair) => {
    resetSocket(client);
    resetSocket(database);
  };
  const server = createServer((client) => {
    const database = connect(target, "127.0.0.1");
    const pair: Pair = { client, database, cut: undefined };
    pairs.add(pair);
    const close = () => {
      pairs.delete(pair);
      client.destroy();
      database.destroy();
    };
    for (const socket of [client, database])
      socket
        .setNoDelay(true)
        .on("error", () => undefined)
        .on("close", close);
    client.on("data", (bytes) => (pair.cut === "before-request" ? break_(pair) : database.write(bytes)));
    database.on("data", (bytes) => (pair.cut === "before-answer" ? break_(pair) : client.write(bytes)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    cut(how) {
      for (const pair of pairs) {
        pair.cut = how;
        if (how === "now") break_(pair);
      }
      return pairs.size;
    },
    leadTo(port) {
      target = port;
    },
    async [Symbol.asyncDispose]() {
      for (const pair of pairs) break_(pair);
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
