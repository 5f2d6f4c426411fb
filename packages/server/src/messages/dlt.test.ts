/** India's registered texts: what matches, what does not, and that a mismatch says where. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { dltMismatch, dltProblem } from "./dlt.ts";

const worst = { brand: "Acme", codeLength: 6, minutes: 5 };
const template = "{code} is your {brand} code. It expires in {minutes} min.";

test("texts that match: fields in both spellings, words in place of a placeholder, other line ends", () => {
  for (const [registered, own] of [
    ["{#var#} is your {#var#} code. It expires in {#var#} min.", template],
    ["{#numeric#} is your {#alphanumeric#} code. It expires in {#numeric#} min.", template],
    ["#numeric# is your Acme code. It expires in #number# min.", template],
    ["{#var#} is your Acme code. It expires in {#var#} min.  \r\n", template],
    // A field may hold several words: operators count characters.
    ["{#var#} code. It expires in {#var#} min.", template],
    ["{#var#}{#var#} code. It expires in {#var#}", template],
    ["{#var#} is your code\r\n@example.com #{#var#}", "{code} is your code\n@example.com #{code}"],
    ["आपका कोड {#var#} है", "आपका कोड {code} है"],
  ] as const)
    assert.equal(dltMismatch(registered, own, worst), undefined, registered);
});

test("texts that do not match, and where", () => {
  for (const [registered, own, says] of [
    ["{#var#} is your {#var#} code. It expires in {#var#} minutes.", template, /“ minutes\.” after its field 3/],
    [
      "{#var#} is your {#var#} code. It expires in 5 min.",
      template,
      /“ code\. It expires in 5 min\.” after its field 2, the message is “0{6} is your Acme code. It expires in 4 min/,
    ],
    ["Dear customer, {#var#} is your code", template, /begins “Dear customer, ”, the message is “000000 is your Acme/],
    ["{#var#} is your Acme Code. It expires in {#var#} min.", template, /Acme Code/],
    ["{#numeric#} is your {#numeric#} code. It expires in {#numeric#} min.", template, /after its field 2/],
    ["{#var#} is your {#var#} code.", template, /ends after “ code\.”/],
    ["{#var#}", template, /ends after “”/],
    ["{#var#} x", "{code}{brand} x".replace("{brand}", " ".repeat(30)), /“ x” after its field 1/],
  ] as const)
    assert.match(dltMismatch(registered, own, worst) ?? "no mismatch", says, registered);
});

test("many fields side by side are walked in no time", () => {
  const startedAt = performance.now();
  assert.ok(dltMismatch(`${"{#var#}".repeat(60)}!`, `{code}${" x".repeat(250)}`, worst));
  // Walked without memory it would take longer than the world has.
  assert.ok(performance.now() - startedAt < 60_000);
});

test("ids and texts that can't have been registered", () => {
  const good = {
    entityId: "1201159123456789012",
    templateId: "1207161234567890123",
    header: "ACMEIN",
    text: "{#var#}",
  };
  assert.equal(dltProblem(good), undefined);
  for (const [change, says] of [
    [{ entityId: "12" }, /entity id/],
    [{ entityId: "12011591234567890ab" }, /entity id/],
    [{ templateId: "" }, /template id/],
    [{ header: "AC" }, /header/],
    [{ header: "ACME-IN" }, /header/],
    [{ text: " " }, /1 to 2,000/],
    [{ text: "x".repeat(2_001) }, /1 to 2,000/],
    [{ text: "{#url#}" }, /field url/],
    [{ text: "#cbn# {#var#}" }, /field cbn/],
    [{ text: "{#constructor#}" }, /field constructor/],
  ] as const)
    assert.match(dltProblem({ ...good, ...change }) ?? "taken", says, JSON.stringify(change));
});
