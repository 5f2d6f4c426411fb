/** Which text a number gets: the request's language, else the service's, else the country's, else English. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { serviceWith } from "@antryk/testkit/inputs/services";
import { type MessageSettings, plainMessages, type Service } from "../../model/service.ts";
import { renderMessage } from "../render.ts";
import { render } from "../template.ts";
import { texts } from "../texts.ts";

const service = (messages: Partial<MessageSettings> = {}, changes: Partial<Service> = {}): Service =>
  serviceWith({ name: "Acme Login", brand: "Acme", ...changes, messages: { ...plainMessages, ...messages } });

const values = { code: "482915", brand: "Acme", minutes: 5 };
const messageOf = (service: Service, to: string, locale?: string, code = values.code, minutes = values.minutes) =>
  renderMessage("sms", { service, to, locale, code, minutes });
const saidBy = (of: Service, to: string, locale?: string) => messageOf(of, to, locale).text;
const inWords = (language: keyof typeof texts) => render(texts[language], values);

const [india, germany, brazil, taiwan] = [
  "+919876543210",
  "+4915112345678",
  "+5511961234567",
  "+886912345678",
] as const;

test("the built-in text: the request's language, else the service's, else the country's, else English", () => {
  const cases: [own: string | null, to: string, asked: string | undefined, language: keyof typeof texts][] = [
    [null, india, undefined, "en"],
    [null, germany, undefined, "de"],
    [null, brazil, undefined, "pt-BR"],
    [null, taiwan, undefined, "zh-Hant"],
    [null, "+999123456789", undefined, "en"],
    ["hi", india, undefined, "hi"],
    ["hi", germany, undefined, "hi"],
    ["hi", germany, "fr-CA", "fr"],
    [null, germany, "zh-TW", "zh-Hant"],
    // Nothing answers what was asked for: the next in line.
    ["hi", germany, "tlh", "hi"],
    [null, germany, "tlh", "de"],
    ["tlh", germany, undefined, "de"],
    ["tlh", india, "eo", "en"],
  ];
  for (const [locale, to, asked, language] of cases)
    assert.equal(saidBy(service({ locale }), to, asked), inWords(language), JSON.stringify([locale, to, asked]));
});

test("the service's own texts come before the built-in one of the same language", () => {
  const own = service({ templates: { de: "{code}: {brand}", "zh-TW": "{code} {brand} 碼" } });
  assert.equal(saidBy(own, germany), "482915: Acme");
  assert.equal(saidBy(own, india, "de-AT"), "482915: Acme");
  assert.equal(saidBy(own, taiwan), "482915 Acme 碼");
  assert.equal(saidBy(own, india, "zh-CN"), inWords("zh-Hans"));
  assert.equal(saidBy(own, germany, "fr"), inWords("fr"), "what was asked for comes before what the country would get");
});

test("one text for all is for every language that the service has no own text for", () => {
  const own = service({ templates: { de: "{code}: {brand}" } }, { template: "{brand} {code}" });
  for (const [to, asked] of [
    [india, undefined],
    [india, "fr"],
    [brazil, undefined],
  ] as const)
    assert.equal(saidBy(own, to, asked), "Acme 482915");
  assert.equal(saidBy(own, germany), "482915: Acme");
  assert.equal(saidBy(own, india, "de"), "482915: Acme");
  assert.equal(
    saidBy(service({ locale: "de", templates: { de: "{code}: {brand}" } }, { template: "{code}" }), india),
    "482915: Acme",
  );
});

test("a service without a brand uses its name", () => {
  assert.equal(saidBy(service({}, { brand: null, template: "{brand} {code}" }), india), "Acme Login 482915");
});

test("a brand or a code is put in as it is, not read again", () => {
  const own = service({}, { template: "{brand}: {code} {minutes} {brand}", brand: "$& {minutes} $1" });
  assert.equal(messageOf(own, india, undefined, "$&0000", 7).text, "$& {minutes} $1: $&0000 7 $& {minutes} $1");
});

test("the last line is the last, in every language", () => {
  const web = service({ lastLine: { kind: "webotp", domain: "example.com" } });
  assert.equal(saidBy(web, germany), `${inWords("de")}\n@example.com #482915`);
  const android = service({ lastLine: { kind: "android", hash: "FA+9qCX9VSu" } }, { template: "{code} {brand}" });
  assert.equal(saidBy(android, germany), "482915 Acme\nFA+9qCX9VSu");
});

test("with DLT, numbers in India get the registered text and the ids, whatever was asked for; others neither", () => {
  const dlt = {
    entityId: "1201159123456789012",
    templateId: "1207161234567890123",
    header: "ACMEIN",
    text: "{#var#} is your {#var#} code.",
  };
  const own = service({ dlt, templates: { hi: "{code} {brand}" } }, { template: "{code} is your {brand} code." });
  for (const asked of [undefined, "hi", "de"]) {
    const message = messageOf(own, india, asked);
    assert.equal(message.text, "482915 is your Acme code.");
    assert.deepEqual(message.dlt, { entityId: dlt.entityId, templateId: dlt.templateId, header: dlt.header });
  }
  assert.ok(!("dlt" in messageOf(own, germany)));
  assert.equal(saidBy(own, germany, "hi"), "482915 Acme");
  const hindi = service({ dlt, locale: "hi", templates: { hi: "{code} {brand}" } }, { template: "{code}" });
  assert.equal(saidBy(hindi, india, "en"), "482915 Acme");
});

test("any number of languages may be asked for; what is kept of them is bounded and stays right", () => {
  const own = service();
  for (let n = 0; n < 500; n += 1) assert.equal(saidBy(own, germany, `tlh-x-${n}`), inWords("de"));
  assert.equal(saidBy(own, germany, "fr"), inWords("fr"));
});

test("a message costs about a microsecond once its language has been met", () => {
  const own = service();
  const numbers = [india, germany, brazil, taiwan];
  const times = Array.from({ length: 5 }, () => {
    const startedAt = process.cpuUsage();
    let length = 0;
    for (let n = 0; n < 100_000; n += 1) length += saidBy(own, numbers[n % 4] ?? india).length;
    assert.ok(length > 0);
    const { user, system } = process.cpuUsage(startedAt);
    return (user + system) / 100_000;
  });
  // The machine is shared: the best of five, and far from what parsing a template or a number would cost.
  assert.ok(Math.min(...times) < 5, `${times} µs`);
});
