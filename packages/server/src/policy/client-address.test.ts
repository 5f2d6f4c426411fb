import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "@antryk/testkit/inputs/fast-check";
import { clientOf } from "./client-address.ts";

test("an IPv4 address is itself, also inside IPv6, and lies in its /24", () => {
  for (const text of ["203.0.113.7", "::ffff:203.0.113.7", "::FFFF:cb00:7107"])
    assert.deepEqual(clientOf(text), { address: "203.0.113.7", networks: ["203.0.113.0/24"] });
});

test("an IPv6 address is its /64, however it is written, and lies in its /56 and /48", () => {
  const expected = { address: "2001:db8::/64", networks: ["2001:db8::/56", "2001:db8::/48"] };
  for (const text of ["2001:db8::1", "2001:0DB8:0:0:ffff::2", "2001:db8:0:0:1:2:3:4"])
    assert.deepEqual(clientOf(text), expected);
  assert.deepEqual(clientOf("2001:db8:0:1ff::1"), {
    address: "2001:db8:0:1ff::/64",
    networks: ["2001:db8:0:100::/56", "2001:db8::/48"],
  });
});

test("what is no address is none: shorthand, octal and hexadecimal spellings would be other addresses", () => {
  for (const value of [
    undefined,
    null,
    1,
    "",
    "x",
    "1.2.3",
    "1",
    "0x7f.0.0.1",
    "010.0.0.1",
    "1.2.3.4 ",
    "1.2.3.4/32",
    "1.2.3.4:80",
    "[::1]",
    "fe80::1%eth0",
    ":::",
    "1".repeat(65),
  ])
    assert.equal(clientOf(value), undefined, String(value));
});

test("nothing throws", () => {
  fc.assert(fc.property(fc.oneof(fc.anything(), fc.ipV4Extended(), fc.ipV6()), (value) => clientOf(value) !== null));
  fc.assert(fc.property(fc.ipV6(), (value) => clientOf(value) !== undefined));
});
