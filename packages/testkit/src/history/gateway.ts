/** The gateway of a run: keeps each message with its times, and by chance takes it, refuses it, stalls or hangs up. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { resetSocket } from "../net/reset.ts";
import type { Message } from "./history.ts";
import type { Moments } from "./moments.ts";
import type { Random } from "./random.ts";

export interface Gateway extends AsyncDisposable {
  readonly url: string;
}

/** How often each behaviour; `stall` keeps a send waiting for its whole budget. */
const behaviours = { accept: 68, refuse: 12, refuseNumber: 2, timeout504: 7, reset: 6, slow: 4.5, stall: 0.5 } as const;

/** `stalls`: whether a send may wait for its whole budget; a short run has no time for it. */
export async function startGateway(
  random: Random,
  moments: Moments,
  stalls: boolean,
  deliver: (name: string, message: Message) => void,
): Promise<Gateway> {
  let faultsInARow = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      // Half a message: its sender was killed while it wrote. The checker does not see it.
      return;
    }
    const at = moments.now();
    const { id, to, text, serviceId } = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, string>;
    const [, verificationId = "", sendNo = ""] = /^msg_(.+)_(\d+)$/.exec(id ?? "") ?? [];
    const picked = random.pick({ ...behaviours, stall: stalls ? behaviours.stall : 0 });
    // A gateway that fails many times in a row is left alone for a while, and no message would come.
    const behaviour = faultsInARow >= 2 && isFault(picked) ? "accept" : picked;
    faultsInARow = isFault(behaviour) ? faultsInARow + 1 : 0;
    const answer =
      behaviour === "accept" || behaviour === "slow"
        ? "accepted"
        : behaviour.startsWith("refuse")
          ? "refused"
          : "unknown";
    const message: Message = {
      verificationId,
      sendNo: Number(sendNo),
      code: /\d{10}/.exec(text ?? "")?.[0] ?? "",
      at,
      answeredAt: at,
      answer,
    };
    deliver(`${to} ${serviceId}`, message);
    const delay = behaviour === "slow" ? random.between(200, 900) : random.between(0, 30);
    if (behaviour === "stall") return;
    setTimeout(() => {
      message.answeredAt = moments.now();
      if (behaviour === "reset") resetSocket(request.socket);
      else if (behaviour === "refuse") response.writeHead(400).end();
      else if (behaviour === "refuseNumber")
        response.writeHead(400, { "content-type": "application/json" }).end('{"error":"invalid_recipient"}');
      else if (behaviour === "timeout504") response.writeHead(504).end();
      else response.writeHead(204).end();
    }, delay);
  });
  // Its clients end idle connections.
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function isFault(behaviour: keyof typeof behaviours): boolean {
  return behaviour === "timeout504" || behaviour === "reset" || behaviour === "stall";
}
