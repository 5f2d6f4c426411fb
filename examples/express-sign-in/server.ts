import { randomBytes } from "node:crypto";
import { AntrykClient } from "@antryk/sdk";
import { createApp } from "./app.ts";

const app = createApp({
  client: new AntrykClient(), // ANTRYK_BASE_URL, ANTRYK_ACCESS_KEY, ANTRYK_SECRET_KEY
  serviceId: process.env.ANTRYK_SERVICE_ID ?? "",
  sessionSecret: process.env.SESSION_SECRET ?? randomBytes(32).toString("hex"),
});

const port = Number(process.env.PORT ?? 3000);
app.listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port}`));
