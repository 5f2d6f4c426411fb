/** `antryk template lint`, and the message flags of `antryk service`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Installation } from "@antryk/testkit/process";

test("template lint: errors exit with 1, warnings with 0, and no installation is needed", async () => {
  await using installation = new Installation();
  const lint = (...args: string[]) => installation.run("template", "lint", ...args);

  const fine = await lint("{code} is your {brand} code.");
  assert.deepEqual([fine.code, fine.stdout], [0, "At its longest: 45 GSM-7 characters, 1 segment.\n"]);

  const typographic = await lint("{code}: it’s {brand}’s");
  assert.equal(typographic.code, 0);
  assert.match(typographic.stdout, /^warning: “’” \(U\+2019\) \(write '\) can't be sent in GSM-7/);

  const wrong = await lint("1234 {name}");
  assert.equal(wrong.code, 1);
  assert.match(wrong.stdout, /^error: a template must contain \{code\}\nerror: unknown placeholder \{name\}/);
});

test("template lint --json, with the brand and the code it is meant for", async () => {
  await using installation = new Installation();
  const json = async (...args: string[]) => {
    const { code, stdout } = await installation.run("template", "lint", ...args, "--json");
    return {
      code,
      ...(JSON.parse(stdout) as {
        ok: boolean;
        findings: { level: string; rule: string }[];
        units: number;
        segments: number;
        alphabet: string;
      }),
    };
  };
  const fine = await json("{code} {brand}", "--brand", "Acme", "--code-length", "4");
  assert.deepEqual(fine, { code: 0, ok: true, findings: [], alphabet: "GSM-7", units: 9, segments: 1 });
  const brand = await json("{code} {brand}", "--brand", "acme.com");
  assert.deepEqual([brand.code, brand.ok, brand.findings[0]?.rule], [1, false, "brand"]);
  const long = await json(`{code} ${"क".repeat(64)}`);
  assert.deepEqual(
    [long.code, long.ok, long.alphabet, long.segments, long.findings[0]?.rule],
    [0, true, "UCS-2", 2, "segments"],
  );
  assert.equal((await installation.run("template", "lint", "{code}", "--code-length", "11")).code, 2);
});

test("service create, update and show: language, texts, last line and DLT; warnings are printed", async () => {
  await using installation = new Installation();
  const text = "{#var#} is your Acme code.";
  const { serviceId } = await installation.caller(
    "--locale",
    "hi",
    "--template",
    "{code} is your {brand} code.",
    "--template-for",
    "de={code}: {brand}",
    "--template-for",
    "fr={code} = {brand}",
    "--dlt-entity-id",
    "1201159123456789012",
    "--dlt-template-id",
    "1207161234567890123",
    "--dlt-header",
    "ACMEIN",
    "--dlt-text",
    text,
  );
  const shown = await installation.json("service", "show", serviceId);
  assert.deepEqual(
    [shown.locale, shown.templateFor, shown.webotpDomain, shown.androidHash, shown.dltHeader, shown.dltText],
    ["hi", { de: "{code}: {brand}", fr: "{code} = {brand}" }, null, null, "ACMEIN", text],
  );
  assert.match(
    (await installation.run("service", "show", serviceId)).stdout,
    /^templateFor +de=\{code\}: \{brand\} \| fr=/m,
  );

  const update = (...flags: string[]) => installation.run("service", "update", serviceId, ...flags);
  const mismatch = await update("--brand", "Other");
  assert.deepEqual([mismatch.code, /would drop the messages/.test(mismatch.stderr)], [1, true]);
  assert.equal(
    (
      await update(
        "--dlt-entity-id",
        "",
        "--template-for",
        "fr=",
        "--webotp-domain",
        "example.com",
        "--locale",
        "",
        "--template",
        "",
      )
    ).code,
    0,
  );
  const later = await installation.json("service", "show", serviceId);
  assert.deepEqual(
    [later.locale, later.template, later.templateFor, later.webotpDomain, later.dltEntityId, later.dltText],
    [null, null, { de: "{code}: {brand}" }, "example.com", null, null],
  );

  const odd = await update("--template-for", "de={code}: „{brand}“");
  assert.equal(odd.code, 0);
  assert.match(odd.stdout, /\nwarning: the template for de: “„” \(U\+201E\) \(write "\)/);
  const asJson = await installation.json("service", "update", serviceId, "--android-hash", "FA+9qCX9VSu");
  assert.deepEqual([asJson.androidHash, asJson.webotpDomain, asJson.warnings?.length], ["FA+9qCX9VSu", null, 1]);

  for (const [flags, code, says] of [
    [["--webotp-domain", "example.com", "--android-hash", "FA+9qCX9VSu"], 1, /one of the two/],
    [["--template-for", "no text"], 2, /language tag and a text/],
    [["--dlt-header", "ACMEIN"], 1, /all of/],
  ] as const) {
    const refused = await update(...flags);
    assert.equal(refused.code, code, flags.join(" "));
    assert.match(refused.stderr, says);
  }
});
