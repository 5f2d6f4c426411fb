/** Senders on the command line: given with routes and services, refused in one line, shown and taken away. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Installation } from "@antryk/testkit/process";

test("a sender for a service and for a gateway of a route is set, shown and taken away", async () => {
  await using installation = new Installation();
  const { serviceId } = await installation.caller();
  const ib = ["--infobip-base-url", "https://x.api.infobip.com", "--infobip-api-key", "key", "--infobip-from", "Acme"];
  await installation.json("gateway", "add", "ib", "--provider", "infobip", ...ib);
  await installation.json("gateway", "add", "own", "--provider", "http", "--http-url", "http://127.0.0.1:9/");
  await installation.json("gateway", "add", "sb", "--provider", "sandbox");
  const routed = ["--route", "IN=ib[ACMEIN],own", "--route", "*=own"];
  await installation.json("service", "update", serviceId, ...routed, "--sender", "+14155550100");
  const shown = (await installation.json("service", "show", serviceId)) as Record<string, unknown>;
  assert.deepEqual([shown.sender, shown.routes], ["+14155550100", ["IN=ib[ACMEIN],own", "*=own"]]);
  const gateway = (await installation.json("gateway", "show", "ib")) as Record<string, unknown>;
  assert.deepEqual(gateway.senders, { [`${serviceId} IN`]: "ACMEIN" });
  for (const [args, says] of [
    [["--route", "*=sb[Acme]"], /^antryk: .*messages of the provider sandbox have no sender\n$/],
    [["--route", "IN=ib[TwelveLetter]"], /^antryk: .*a name of 1 to 11 letters and digits\n$/],
    [["--route", "*=ib", "--sender", "TwelveLetter"], /^antryk: .*a name of 1 to 11 letters and digits\n$/],
  ] as const) {
    const { code, stderr } = await installation.run("service", "update", serviceId, ...args);
    assert.equal(code, 1);
    assert.match(stderr, says);
  }
  await installation.json("service", "update", serviceId, "--sender", "", "--route", "*=sb");
  const plain = (await installation.json("service", "show", serviceId)) as Record<string, unknown>;
  assert.deepEqual([plain.sender, plain.routes], [null, ["*=sb"]]);
});
