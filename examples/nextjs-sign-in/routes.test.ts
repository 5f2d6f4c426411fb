/** The handlers, called as Next.js calls them: with web requests. `npm run build` builds them with Next.js itself. */
import assert from "node:assert/strict";
import { it } from "node:test";
import type { Handle } from "../testing/antryk.ts";
import { signInStory } from "../testing/sign-in-story.ts";
import { useClient } from "./lib/antryk.ts";
import { readCookie, setCookie } from "./lib/session.ts";

/** Finds the file as the app router does. */
const handle: Handle = async (request) => {
  const route = (await import(`./app${new URL(request.url).pathname}/route.ts`)) as Record<
    string,
    (request: Request) => Promise<Response>
  >;
  return route[request.method]?.(request) ?? new Response(null, { status: 405 });
};

signInStory("Next.js route handlers", async (client, serviceId) => {
  useClient(client, serviceId);
  return { handle, async close() {} };
});

const cookieOf = ([, line]: [string, string]) => line.split(";")[0] ?? "";
const requestWith = (cookie: string) => new Request("http://127.0.0.1/", { headers: { cookie } });

it("a cookie is taken only for its own purpose, and only as it was signed", () => {
  const pending = cookieOf(setCookie("pending", "+919876543210"));
  assert.equal(readCookie(requestWith(pending), "pending"), "+919876543210");
  assert.equal(readCookie(requestWith(pending.replace("pending", "phone")), "phone"), undefined);
  const [payload = "", mac] = pending.slice("pending=".length).split(".");
  const forged = Buffer.from(Buffer.from(payload, "base64url").toString().replace("543210", "543211")).toString(
    "base64url",
  );
  assert.equal(readCookie(requestWith(`pending=${forged}.${mac}`), "pending"), undefined);
  assert.equal(readCookie(requestWith("pending="), "pending"), undefined);
  assert.equal(readCookie(requestWith(""), "pending"), undefined);
});

it("a cookie ends with its time, whatever the browser does", (context) => {
  const phone = cookieOf(setCookie("phone", "+919876543210"));
  context.mock.timers.enable({ apis: ["Date"], now: Date.now() + 8 * 24 * 60 * 60_000 });
  assert.equal(readCookie(requestWith(phone), "phone"), undefined);
});
