/** Ports for tests that must know one before a server listens on it. Other tests let the system choose (0). */
import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Below the ports that systems give to connections and to `listen(0)` (Linux: from 32768, others: from 49152), so that
 * no other process of this machine is given it between the look and the use, or while its server is down.
 */
const range = { from: 15_000, to: 32_000 } as const;

/** A port on 127.0.0.1 that is free, and that no process is given by chance. */
export async function quietPort(): Promise<number> {
  for (;;) {
    const port = randomInt(range.from, range.to);
    if (await isFree(port)) return port;
  }
}

/** No process listens here: a privileged port without a service, and none that `fetch` refuses by its number. */
export const deadOrigin = "http://127.0.0.1:2";

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
