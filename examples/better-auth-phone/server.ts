import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { AntrykClient } from "@antryk/sdk";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { createAuth } from "./auth.ts";

const port = Number(process.env.PORT ?? 3000);
const auth = createAuth({
  client: new AntrykClient(), // ANTRYK_BASE_URL, ANTRYK_ACCESS_KEY, ANTRYK_SECRET_KEY
  serviceId: process.env.ANTRYK_SERVICE_ID ?? "",
  database: new DatabaseSync(process.env.DATABASE ?? ":memory:"),
  baseURL: `http://127.0.0.1:${port}`,
  secret: process.env.BETTER_AUTH_SECRET ?? randomBytes(32).toString("hex"),
});

await (await getMigrations(auth.options)).runMigrations();
createServer(toNodeHandler(auth)).listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port}/api/auth`));
