import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "@antryk/testkit/inputs/fast-check";
import type { Route } from "../model/service.ts";
import { formatRoute, parseRoute } from "./route-notation.ts";

test("routes are read and written alike", () => {
  for (const text of ["*=a", "IN=msg91,twilio", "+9198=a-1,b-2+timeout"]) {
    const route = parseRoute(text);
    assert.ok(typeof route === "object");
    assert.equal(formatRoute(route), text);
  }
  assert.deepEqual(parseRoute(" IN = a , b "), { match: "IN", gateways: ["a", "b"], failoverOnTimeout: false });
});

test("a sender stands in brackets behind its gateway", () => {
  assert.deepEqual(parseRoute("IN=ib[ACMEIN],tw"), {
    match: "IN",
    gateways: ["ib", "tw"],
    senders: { ib: "ACMEIN" },
    failoverOnTimeout: false,
  });
  assert.deepEqual(parseRoute(" * = a [ +14155550100 ] , b[Acme +timeout] +timeout "), {
    match: "*",
    gateways: ["a", "b"],
    senders: { a: "+14155550100", b: "Acme +timeout" },
    failoverOnTimeout: true,
  });
  // A name that every object has.
  assert.equal(formatRoute({ match: "*", gateways: ["constructor"], failoverOnTimeout: false }), "*=constructor");
});

const gatewayName = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,39}$/);
const senderText = fc.stringMatching(/^[!-+.-Z\\^-~]([ -+.-Z\\^-~]{0,40}[!-+.-Z\\^-~])?$/);
const anyRoute = fc
  .record({
    match: fc.oneof(fc.constant("*"), fc.stringMatching(/^[A-Z]{2}$/), fc.stringMatching(/^\+[1-9]\d{0,14}$/)),
    targets: fc.uniqueArray(fc.tuple(gatewayName, fc.option(senderText, { nil: undefined })), {
      minLength: 1,
      maxLength: 5,
      selector: ([name]) => name,
    }),
    failoverOnTimeout: fc.boolean(),
  })
  .map(({ match, targets, failoverOnTimeout }): Route => {
    const named = targets.filter(([, sender]) => sender !== undefined) as [string, string][];
    const senders = named.length > 0 ? { senders: Object.fromEntries(named) } : {};
    return { match, gateways: targets.map(([name]) => name), ...senders, failoverOnTimeout };
  });

test("every route that is written is read as the same one", () => {
  fc.assert(fc.property(anyRoute, (route) => assert.deepEqual(parseRoute(formatRoute(route)), route)));
});

test("every text is a route that is written as it is read, or is refused with a word", () => {
  const text = fc.stringMatching(/^[ *=,+[\]A-Za-z0-9-]{0,40}$/);
  fc.assert(
    fc.property(fc.oneof(text, fc.string()), (given) => {
      const route = parseRoute(given);
      if (typeof route === "string") assert.ok(route.length > 0);
      else assert.deepEqual(parseRoute(formatRoute(route)), route);
    }),
  );
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
    ["*=a[", /write MATCH=/],
    ["*=a[x", /write MATCH=/],
    ["*=a]x[", /write MATCH=/],
    ["*=a[x][y]", /no gateway's name/],
    ["*=[x]", /no gateway's name/],
    ["*=a[]", /a sender has 1 to 256/],
    ["*=a[x,y]", /a sender has 1 to 256/],
    ["*=a[\u00e9]", /a sender has 1 to 256/],
    ["*=a[x\ny]", /a sender has 1 to 256/],
    ["*=a[x],a[y]", /twice/],
  ] as const) {
    assert.match(String(parseRoute(text)), says, text);
  }
});
