import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { overHttp } from "../testing/antryk.ts";
import { signInStory } from "../testing/sign-in-story.ts";
import { createApp } from "./app.ts";

signInStory("Express sign-in", async (client, serviceId) => {
  const server = createApp({ client, serviceId, sessionSecret: "only for tests" }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    handle: overHttp(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
});
