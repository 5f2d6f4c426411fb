import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "@antryk/testkit/inputs/fast-check";
import { clientSubject } from "./client-address.ts";

test("an IPv4 address is itself, also inside IPv6", () => {
  for (const text of ["203.0.113.7", "::ffff:203.0.113.7", "::FFFF:cb00:7107"])
    assert.equal(clientSubject(text), "203.0.113.7");
});

test("an IPv6 address is its /64, however it is written", () => {
  for (const text of ["2001:db8::1", "2001:0DB8:0:0:ffff::2", "2001:db8:0:0:1:2:3:4"])
    assert.equal(clientSubject(text), "2001:db8::/64");
  assert.notEqual(clientSubject("2001:db8:0:1::1"), "2001:db8::/64");
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
    assert.equal(clientSubject(value), undefined, String(value));
});

test("nothing throws", () => {
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.ipV4Extended(), fc.ipV6()), (value) => clientSubject(value) !== null),
  );
  fc.assert(fc.property(fc.ipV6(), (value) => clientSubject(value) !== undefined));
});
