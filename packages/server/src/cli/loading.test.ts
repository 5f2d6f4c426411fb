/** Commands start fast because they load only what they need. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Installation } from "@antryk/testkit/process";

/** Prints the address of each module that is loaded. */
const hook = `
  import { registerHooks } from "node:module";
  registerHooks({ load(url, context, next) { console.error("loads " + url); return next(url, context); } });
`;

test("service list loads no gateway, no driver and no HTTP server", async () => {
  await using antryk = new Installation();
  await antryk.json("init");
  antryk.env.NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(hook)}`;
  const loadedBy = async (...args: string[]) => {
    const { code, stderr } = await antryk.runProcess(...args);
    assert.equal(code, 0, stderr);
    return [...stderr.matchAll(/^loads (.+)$/gm)].map(([, url = ""]) => url);
  };
  const heavy = /\/node_modules\/(fastify|pg|libphonenumber-js|undici|pino|smpp|cockatiel|prom-client)\//;
  assert.deepEqual(
    (await loadedBy("service", "list")).filter((url) => heavy.test(url) || /\/(providers|gateways|http)\//.test(url)),
    [],
  );
  assert.ok(
    (await loadedBy("service", "create", "--help")).some((url) => heavy.test(url)),
    "the hook sees what is loaded",
  );
});
