import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { resetSocket } from "./reset.ts";

test("a connection is reset; one that ends already is still closed", async (t) => {
  const server = createServer({ allowHalfOpen: false }).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  for (const ends of [false, true]) {
    const client = connect(port, "127.0.0.1").on("error", () => undefined);
    const [socket] = (await once(server, "connection")) as [Socket];
    const closed = [socket, client.resume()].map((each) => new Promise((resolve) => each.once("close", resolve)));
    if (ends) socket.end();
    resetSocket(socket);
    await Promise.all(closed);
    assert.equal(client.errored !== null, !ends, "the peer of the one that was reset sees it");
  }
});
