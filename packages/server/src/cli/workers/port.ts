/** How workers share one port. */
import { createServer } from "node:net";
import { platform } from "node:os";
import type { ListenOptions } from "../../app.ts";

/**
 * Where the kernel can, each worker has a listening socket of its own: no connection passes through the supervisor, and none is
 * lost with a worker that has not taken it yet. Elsewhere the supervisor takes them and hands them round (node:cluster).
 */
export const portSharing: ListenOptions = ["linux", "freebsd"].includes(platform()) ? { reusePort: true } : {};

/** The port, or a free one for 0, that nobody listens on; rejects where somebody does. */
export async function freePort(host: string, port: number): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) =>
    probe.once("error", reject).listen({ host, port, exclusive: true }, resolve),
  );
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === "object" && address !== null ? address.port : port;
}
