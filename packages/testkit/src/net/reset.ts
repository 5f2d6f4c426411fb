/** Connections that are reset, as by a peer that is gone. */
import type { Socket } from "node:net";

/**
 * A socket that has begun to end can't be reset any more: Node.js (24.21) then neither resets nor closes it, and a
 * process that has one never exits. Its peer sees the end.
 */
export function resetSocket(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
