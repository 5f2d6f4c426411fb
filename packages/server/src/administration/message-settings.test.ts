/** Message settings are checked here, whoever enters them: languages, texts, last line, DLT; and what they cost. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Keyring, newKeyring } from "../keyring/keyring.ts";
import { plainMessages, type Service } from "../model/service.ts";
import { changeService, newService, type ServiceChanges } from "./services.ts";

const keyring = new Keyring(newKeyring());

function made(changes: ServiceChanges = {}): { readonly service: Service; readonly warnings: readonly string[] } {
  const result = newService("account", "Acme", changes, keyring, 0);
  assert.ok(result.kind === "service", result.kind === "problem" ? result.message : "");
  return result;
}

function changed(service: Service, changes: ServiceChanges): Service {
  const result = changeService(service, changes, keyring);
  assert.ok(result.kind === "service", result.kind === "problem" ? result.message : "");
  return result.service;
}

function problemOf(changes: ServiceChanges): string {
  const result = newService("account", "Acme", changes, keyring, 0);
  assert.ok(result.kind === "problem", JSON.stringify(changes));
  return result.message;
}

const dlt = {
  entityId: "1201159123456789012",
  templateId: "1207161234567890123",
  header: "ACMEIN",
  text: "{#var#} is your Acme code.",
};
const template = "{code} is your {brand} code.";

test("a new service has none; a change keeps what it leaves out", () => {
  assert.deepEqual(made().service.messages, plainMessages);
  const first = made({ messages: { locale: "hi", templates: { hi: "{code} {brand}", de: "{code}" } } }).service;
  const second = changed(first, { messages: { templates: { de: null, fr: "{code} !" } } });
  assert.deepEqual(second.messages, {
    ...plainMessages,
    locale: "hi",
    templates: { hi: "{code} {brand}", fr: "{code} !" },
  });
  assert.deepEqual(changed(second, { codeLength: 8 }).messages, second.messages);
  assert.equal(changed(second, { messages: { locale: null } }).messages.locale, null);
});

test("language tags are kept in canonical form; anything else is refused", () => {
  const { messages } = made({
    messages: { locale: "pt-br", templates: { "zh-hant-tw": "{code}", IW: "{code}" } },
  }).service;
  assert.equal(messages.locale, "pt-BR");
  assert.deepEqual(Object.keys(messages.templates).sort(), ["he", "zh-Hant-TW"]);
  for (const tag of ["", "e", "pt_BR", "x".repeat(65)]) {
    assert.match(problemOf({ messages: { locale: tag } }), /not a language tag/);
    assert.match(problemOf({ messages: { templates: { [tag]: "{code}" } } }), /not a language tag/);
  }
});

test("a language without a text is refused, unless one text serves every language", () => {
  assert.match(problemOf({ messages: { locale: "english" } }), /no text in english/);
  assert.equal(
    made({ messages: { locale: "tlh", templates: { tlh: "{code} {brand}" } } }).service.messages.locale,
    "tlh",
  );
  assert.equal(made({ template: "{code} {brand}", messages: { locale: "tlh" } }).service.messages.locale, "tlh");
});

test("a template of any language is linted, and the language named", () => {
  assert.match(
    problemOf({ messages: { templates: { hi: "{code}", de: "1234 {code}" } } }),
    /^the template for de: no run of four/,
  );
  const many = Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`en-x-${n}`, "{code}"]));
  assert.match(problemOf({ messages: { templates: many } }), /at most 100/);
});

test("one last line: giving the other replaces it", () => {
  const web = made({ messages: { lastLine: { kind: "webotp", domain: "example.com" } } }).service;
  const android = changed(web, { messages: { lastLine: { kind: "android", hash: "FA+9qCX9VSu" } } });
  assert.deepEqual(android.messages.lastLine, { kind: "android", hash: "FA+9qCX9VSu" });
  assert.equal(changed(android, { messages: { lastLine: null } }).messages.lastLine, null);
  assert.match(problemOf({ messages: { lastLine: { kind: "webotp", domain: "https://example.com" } } }), /host name/);
  assert.match(problemOf({ messages: { lastLine: { kind: "android", hash: "short" } } }), /11 characters/);
});

test("DLT: all four at first, later any; the registered text must be what is sent", () => {
  const { service } = made({ template, messages: { dlt } });
  assert.deepEqual(service.messages.dlt, dlt);
  assert.equal(changed(service, { messages: { dlt: { header: "ACMEXX" } } }).messages.dlt?.header, "ACMEXX");
  assert.equal(changed(service, { messages: { dlt: null } }).messages.dlt, null);
  assert.match(problemOf({ template, messages: { dlt: { entityId: dlt.entityId } } }), /all of/);
  assert.match(problemOf({ messages: { dlt } }), /the service's own template/);
  assert.match(
    problemOf({ template: "{code} is the {brand} code.", messages: { dlt } }),
    /would drop the messages: .*“ is your Acme code\.”/,
  );
});

test("a message that no longer matches the registered text is refused, whichever setting changes", () => {
  const { service } = made({ template, messages: { dlt } });
  for (const changes of [
    { template: "{code} is your new {brand} code." },
    { template: null },
    { brand: "Other" },
    { messages: { lastLine: { kind: "android", hash: "FA+9qCX9VSu" } } },
    { messages: { templates: { en: "{code}" } } },
    { messages: { locale: "hi", templates: { hi: "{code}" } } },
  ] as const satisfies ServiceChanges[])
    assert.equal(changeService(service, changes, keyring).kind, "problem", JSON.stringify(changes));
  // A language that India's numbers do not get.
  assert.equal(changeService(service, { messages: { templates: { hi: "{code}" } } }, keyring).kind, "service");
});

test("warnings: the service's own texts with its own brand, code and life", () => {
  assert.deepEqual(made().warnings, []);
  assert.deepEqual(
    made({ messages: { locale: "cs" } }).warnings,
    [],
    "a built-in text that needs UCS-2 is as it should be",
  );
  assert.match(made({ brand: "Acme №7" }).warnings.join(), /^the built-in text: “№”/);
  assert.match(made({ template: "It’s {code}" }).warnings.join(), /^the template: “’” \(U\+2019\) \(write '\)/);
  assert.match(
    made({ messages: { templates: { fr: "{code} «{brand}»" } } }).warnings.join(),
    /^the template for fr: “«”/,
  );
  assert.match(
    made({ brand: "x".repeat(40), messages: { locale: "ru" } }).warnings.join(),
    /^the built-in text: it takes 2 segments/,
  );
  const long = `{code} ${"क".repeat(63)}`;
  assert.match(made({ template: long, codeLength: 7 }).warnings.join(), /2 segments/);
  assert.deepEqual(made({ template: long, codeLength: 6 }).warnings, []);
});
