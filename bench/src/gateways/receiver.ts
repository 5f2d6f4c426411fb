/** What an operator's gateway would be: takes every message that the `http` gateway posts. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { answer } from "../processes/answer.ts";

const server = createServer((request, response) => {
  request.resume();
  request.on("end", () => response.writeHead(204).end());
});
server.keepAliveTimeout = 60_000;

answer("listen", async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
process.channel?.ref();
