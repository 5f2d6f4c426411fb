/** The language of a message, as a caller and an operator choose it. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startService } from "@antryk/testkit/service";

const service = await startService();
after(() => service[Symbol.asyncDispose]());

const newest = (to: string) => service.app.sandbox.list(to)[0]?.text ?? assert.fail(`no message to ${to}`);

test("send-otp: the country's language, unless the request names one; the code verifies in each", async () => {
  const cases: [to: string, locale: string | undefined, says: RegExp][] = [
    ["+4915112345671", undefined, /^\d{6} ist Ihr Acme-Code/],
    ["+4915112345672", "fr", /^\d{6} est votre code Acme/],
    ["+4915112345673", "pt-br", /^\d{6} é o seu PIN Acme/],
    ["+4915112345674", "zh-TW", /^\d{6} 是您的 Acme 驗證碼/],
    ["+4915112345675", "tlh", /^\d{6} ist Ihr Acme-Code/],
    ["+201001234567", undefined, /^\d{6} رمز Acme/],
    ["+919876543210", undefined, /^\d{6} is your Acme code/],
  ];
  for (const [to, locale, says] of cases) {
    assert.equal((await service.post("send-otp", { to, locale })).status, 200);
    assert.match(newest(to), says);
    assert.equal((await service.post("verify-otp", { to, otp: service.lastCode(to) })).body.data.valid, true);
  }
});

test("resend-otp: the same code in the language that this request names", async () => {
  const to = "+4915112345680";
  await service.post("send-otp", { to, locale: "fr" });
  const code = service.lastCode(to);
  service.clock.advance(31_000);
  assert.equal((await service.post("resend-otp", { to, locale: "nl" })).status, 200);
  assert.match(newest(to), new RegExp(`^${code} is je Acme-code`));
});

test("a service's language, last line and DLT text are those of its messages", async () => {
  const caller = await service.addCaller({
    template: "{code} is your {brand} code.",
    messages: {
      locale: "hi",
      templates: { de: "{code}: {brand}" },
      lastLine: { kind: "webotp", domain: "example.com" },
      dlt: {
        entityId: "1201159123456789012",
        templateId: "1207161234567890123",
        header: "ACMEIN",
        text: "{#var#} is your Acme code.\n@example.com #{#var#}",
      },
    },
  });
  const send = (to: string, locale?: string) =>
    service.post("send-otp", { to, locale, serviceId: caller.serviceId }, {}, caller);
  assert.equal((await send("+919876543211", "de")).status, 200);
  assert.match(newest("+919876543211"), /^(\d{6}) is your Acme code\.\n@example\.com #\1$/);
  assert.equal((await send("+4915112345690", "de")).status, 200);
  assert.match(newest("+4915112345690"), /^(\d{6}): Acme\n@example\.com #\1$/);
});

test("a malformed language tag is 400 invalid_parameter, and nothing is sent", async () => {
  const to = "+4915112345699";
  for (const locale of ["e", "pt_BR", "", 5, null, {}, "x".repeat(65)]) {
    const reply = await service.post("send-otp", { to, locale });
    assert.deepEqual(
      [reply.status, reply.body.errors[0].type, reply.body.errors[0].param],
      [400, "invalid_parameter", "locale"],
    );
  }
  assert.equal(service.app.sandbox.list(to).length, 0);
});
