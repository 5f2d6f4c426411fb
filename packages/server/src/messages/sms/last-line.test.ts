/** The last lines that browsers and Android apps read. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { lastLineProblem, lastLineTemplate } from "./last-line.ts";

test("domains as browsers write them, and no others", () => {
  const problem = (domain: string) => lastLineProblem({ kind: "webotp", domain });
  for (const domain of [
    "example.com",
    "sign-in.example.co.uk",
    "xn--bcher-kva.example",
    "a.xn--p1ai",
    `${"a".repeat(63)}.com`,
  ])
    assert.equal(problem(domain), undefined, domain);
  for (const domain of [
    "",
    "localhost",
    "Example.com",
    "https://example.com",
    "example.com/",
    "example.com:443",
    "example.com.",
    ".example.com",
    "exa_mple.com",
    "-a.com",
    "a-.com",
    "192.0.2.1",
    "bücher.example",
    "example.com #{code}",
    "example.com\n",
    "{code}.com",
    `${"a".repeat(64)}.com`,
    `${"a.".repeat(126)}com`,
  ])
    assert.match(problem(domain) ?? "taken", /host name/, domain);
});

test("hashes of eleven characters of Base64", () => {
  const problem = (hash: string) => lastLineProblem({ kind: "android", hash });
  for (const hash of ["FA+9qCX9VSu", "abcdefghijk", "A/b+C0d1E2f"]) assert.equal(problem(hash), undefined, hash);
  for (const hash of ["", "FA+9qCX9VS", "FA+9qCX9VSuu", "FA+9qCX9VS=", "FA-9qCX9VSu", "FA+9qCX9VS\n"])
    assert.match(problem(hash) ?? "taken", /11 characters/, hash);
});

test("the lines", () => {
  assert.equal(lastLineTemplate(null), "");
  assert.equal(lastLineTemplate({ kind: "webotp", domain: "example.com" }), "\n@example.com #{code}");
  assert.equal(lastLineTemplate({ kind: "android", hash: "FA+9qCX9VSu" }), "\nFA+9qCX9VSu");
});
