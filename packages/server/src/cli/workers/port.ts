/** How workers share one port. */
import { createServer } from "node:net";
import { platform } from "node:os";
import type { ListenAddress } from "../../app.ts";

/**
 * If the kernel can, each worker has a separate listening socket: no connection passes through the supervisor, and none
 * is lost with a worker that has not taken it yet. If it can't, the supervisor takes connections and hands them round
 * (node:cluster).
 */
export const portSharing: Pick<ListenAddress, "reusePort"> = ["linux", "freebsd"].includes(platform())
  ? { reusePort: true }
  : {};

/** The port, or a free one for 0; rejects if something listens on it. */
export async function freePort(host: string, port: number): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) =>
    probe.once("error", reject).listen({ host, port, exclusive: true }, resolve),
  );
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === "object" && address !== null ? address.port : port;
}
