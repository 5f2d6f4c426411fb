import assert from "node:assert/strict";
import { test } from "node:test";
import { formatGuard, parseGuard } from "./guard-notation.ts";

const watch = { conversion: "monitor", client: "monitor", sequence: "monitor", burst: "monitor" } as const;

test("one mode for all rules, or some for some", () => {
  assert.deepEqual(parseGuard(" enforce ", watch), {
    conversion: "enforce",
    client: "enforce",
    sequence: "enforce",
    burst: "enforce",
  });
  assert.deepEqual(parseGuard("client=off, burst=enforce", watch), { ...watch, client: "off", burst: "enforce" });
  assert.equal(formatGuard(watch), "monitor");
  const mixed = { ...watch, client: "off" } as const;
  assert.deepEqual(parseGuard(formatGuard(mixed), watch), mixed);
});

test("anything else says what it takes", () => {
  for (const text of ["", "on", "client", "client=", "client=on", "x=off", "=off", "off,off"])
    assert.match(String(parseGuard(text, watch)), /write off, monitor or enforce/, text);
});
