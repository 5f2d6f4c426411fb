/** The page, and the routes behind it: those of the Express example. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { AntrykClient } from "@antryk/sdk";
import express from "express";
import { createApp, type Settings } from "../express-sign-in/app.ts";

export function createSite(settings: Settings) {
  const app = createApp(settings);
  const policy = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'";
  app.use(
    express.static(join(import.meta.dirname, "dist"), {
      setHeaders: (reply) => reply.setHeader("content-security-policy", policy),
    }),
  );
  return app;
}

if (import.meta.main) {
  const port = Number(process.env.PORT ?? 3000);
  const site = createSite({
    client: new AntrykClient(), // ANTRYK_BASE_URL, ANTRYK_ACCESS_KEY, ANTRYK_SECRET_KEY
    serviceId: process.env.ANTRYK_SERVICE_ID ?? "",
    sessionSecret: process.env.SESSION_SECRET ?? randomBytes(32).toString("hex"),
  });
  site.listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port}`));
}
