import { overHttp } from "../testing/antryk.ts";
import { signInStory } from "../testing/sign-in-story.ts";
import { createApp } from "./app.ts";

signInStory("Fastify sign-in", async (client, serviceId) => {
  const app = createApp({ client, serviceId });
  return { handle: overHttp(await app.listen({ port: 0, host: "127.0.0.1" })), close: () => app.close() };
});
