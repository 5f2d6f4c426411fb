import { AntrykClient } from "@antryk/sdk";
import { createApp } from "./app.ts";

const app = createApp({
  client: new AntrykClient(), // ANTRYK_BASE_URL, ANTRYK_ACCESS_KEY, ANTRYK_SECRET_KEY
  serviceId: process.env.ANTRYK_SERVICE_ID ?? "",
});

console.log(await app.listen({ port: Number(process.env.PORT ?? 3000), host: "127.0.0.1" }));
