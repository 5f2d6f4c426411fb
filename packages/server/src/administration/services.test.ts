/** Settings are checked here, whoever enters them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Keyring, newKeyring } from "../keyring/keyring.ts";
import { changeService, newService, type ServiceChanges } from "./services.ts";

const keyring = new Keyring(newKeyring());
const make = (changes: ServiceChanges = {}, name = "Acme") => newService("account", name, changes, keyring, 0);

function problemOf(changes: ServiceChanges, name?: string): string {
  const made = make(changes, name);
  assert.ok(made.kind === "problem", JSON.stringify(changes));
  return made.message;
}

test("bounds: code length 4 to 10, life 10 to 600 s, attempts 1 to 20, whole numbers", () => {
  for (const codeLength of [3, 11, 4.5, Number.NaN]) assert.match(problemOf({ codeLength }), /4 to 10/);
  for (const ttlSeconds of [9, 601, 30.5]) assert.match(problemOf({ ttlSeconds }), /10 to 600/);
  for (const maxAttempts of [0, 21, 1.5]) assert.match(problemOf({ maxAttempts }), /1 to 20/);
  for (const changes of [
    { codeLength: 4 },
    { codeLength: 10 },
    { ttlSeconds: 10 },
    { ttlSeconds: 600 },
    { maxAttempts: 1 },
    { maxAttempts: 20 },
  ])
    assert.equal(make(changes).kind, "service");
});

test("names, brands and templates that can't stand in messages are refused", () => {
  assert.match(problemOf({}, " "), /1 to 100/);
  assert.match(problemOf({}, "x".repeat(101)), /1 to 100/);
  assert.match(problemOf({}, "Acme 2026"), /give a brand/);
  assert.equal(make({ brand: "Acme" }, "Acme 2026").kind, "service");
  assert.match(problemOf({ brand: "acme.com" }), /web address/);
  assert.match(problemOf({ template: "no code" }), /\{code\}/);
});

test("an unknown provider is refused, and settings that are unknown, malformed or missing", () => {
  assert.match(problemOf({ provider: "pigeon" }), /no provider pigeon/);
  assert.match(problemOf({ config: { url: "http://x" } }), /no setting url/);
  assert.match(problemOf({ provider: "http" }), /--http-url/);
  for (const url of [
    "http://",
    "https:///messages",
    "ftp://sms.example.com",
    "http://[",
    "http://x y/",
    "http://x:99999/",
    "https://me:word@x/",
  ])
    assert.match(
      problemOf({ provider: "http", config: { url } }),
      /can't take its URL \(--http-url\): .*\. Where each message is POSTed\./,
    );
  assert.match(problemOf({ provider: "http", config: { url: "ftp://x" } }), /--http-url/);
  assert.match(problemOf({ provider: "http", config: { url: "http://x", secret: "short" } }), /--http-secret/);
});

test("a signing secret is made if none is given, shown once, and sealed", () => {
  const made = make({ provider: "http", config: { url: "http://x" } });
  assert.ok(made.kind === "service");
  const { setting, value = "" } = made.newSecret ?? {};
  assert.equal(setting, "secret");
  assert.match(value, /^whsec_[A-Za-z0-9+/]{43}=$/);
  const sealed = made.service.sealedConfig ?? "";
  assert.ok(!sealed.includes(value) && !sealed.includes("http://x"));
  assert.deepEqual(JSON.parse(keyring.open(sealed, made.service.id)), { url: "http://x", secret: value });
  assert.throws(() => keyring.open(sealed, "another service"), "it is bound to its service");
});

test("a change keeps what it leaves out, and forgets another provider's settings", () => {
  const made = make({ provider: "http", config: { url: "http://x" }, codeLength: 8 });
  assert.ok(made.kind === "service");
  const moved = changeService(made.service, { config: { url: "http://y" } }, keyring);
  assert.ok(moved.kind === "service");
  assert.equal(moved.newSecret, undefined);
  assert.deepEqual(JSON.parse(keyring.open(moved.service.sealedConfig ?? "", made.service.id)), {
    url: "http://y",
    secret: made.newSecret?.value,
  });
  assert.equal(moved.service.codeLength, 8);
  const back = changeService(moved.service, { provider: "sandbox" }, keyring);
  assert.ok(back.kind === "service" && back.service.sealedConfig === null);
});
