import assert from "node:assert/strict";
import { test } from "node:test";
import { formatRoute, parseRoute } from "./route-notation.ts";

test("routes are read and written alike", () => {
  for (const text of ["*=a", "IN=msg91,twilio", "+9198=a-1,b-2+timeout"]) {
    const route = parseRoute(text);
    assert.ok(typeof route === "object");
    assert.equal(formatRoute(route), text);
  }
  assert.deepEqual(parseRoute(" IN = a , b "), { match: "IN", gateways: ["a", "b"], failoverOnTimeout: false });
});

test("what is no route says why", () => {
  for (const [text, says] of [
    ["", /write MATCH=/],
    ["IN", /write MATCH=/],
    ["in=a", /matches nothing/],
    ["+0=a", /matches nothing/],
    ["*=A", /no gateway's name/],
    ["*=a,a", /twice/],
    ["*=a+slow", /write MATCH=/],
  ] as const) {
    assert.match(String(parseRoute(text)), says, text);
  }
});
