/** What a gateway must make of delivery receipts: known, unknown, malformed and forged ones. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import type { ParsedReceipts, Receipt, ReceiptRequest } from "../../../server/src/gateways/port.ts";
import fc from "../inputs/fast-check.ts";
import { hostileBodies } from "./hostile.ts";
import { Rig, type RigSubject } from "./rig.ts";
import { ScriptedServer } from "./scripted-server.ts";

/** The URL that samples are posted to, unless they say otherwise. */
export const receiptUrl = "https://otp.example.org/receipts/gateway/tok_c0ffee";

/** A receipt as its gateway's reference prints it, before it is signed. */
export interface ReceiptSample {
  readonly name: string;
  /** POST if left out. */
  readonly method?: string;
  /** `receiptUrl` if left out; its query is read. */
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string goes as it is, URLSearchParams as a form, another object as JSON. */
  readonly body?: string | object;
}

/** The receipts of a gateway, described for the kit. */
export interface ReceiptExpectations {
  readonly samples: readonly (ReceiptSample & { readonly expected: readonly Receipt[] })[];
  /** A receipt with a status that is in no table: it must become one `unknown`, with the gateway's word as `code`. */
  readonly unknown: ReceiptSample & { readonly code?: string };
  /** Beside the kit's own: empty, HTML, `{}`, `[]`, `null`, broken JSON. They are signed before they are parsed. */
  readonly malformed?: readonly ReceiptSample[];
  /** Only if the gateway signs: gives a request the gateway's signature. Without it any receipt is believed. */
  sign?(request: ReceiptRequest): ReceiptRequest;
  /** Beside the kit's own: unsigned, and a body or query that was changed afterwards. They are parsed as they are. */
  readonly forged?: readonly ReceiptSample[];
}

/** The request that a sample becomes. */
export function receiptRequest({
  method = "POST",
  url = receiptUrl,
  headers = {},
  body = "",
}: ReceiptSample): ReceiptRequest {
  const form = body instanceof URLSearchParams;
  const text = typeof body === "string" || form ? String(body) : JSON.stringify(body);
  const type = form ? "application/x-www-form-urlencoded" : "application/json";
  return {
    method,
    url,
    headers: { ...(text === "" ? {} : { "content-type": type }), ...headers },
    query: new URL(url).searchParams,
    body: Buffer.from(text),
  };
}

const strange: readonly ReceiptSample[] = [
  { name: "nothing" },
  { name: "HTML", body: "<html></html>" },
  { name: "an empty object", body: {} },
  { name: "an empty list", body: "[]" },
  { name: "null", body: "null" },
  { name: "broken JSON", body: '{"a":' },
  { name: "bytes that are no text", body: "\u0000\ufffd\u0001" },
];

/** Registers the tests of receipts; none if the gateway has none. */
export function receiptConformance(subject: RigSubject, expectations: ReceiptExpectations | undefined): void {
  assert.equal(
    expectations !== undefined,
    subject.provider.capabilities.receipts,
    "receipts and capabilities disagree",
  );
  if (!expectations) return;
  const sign = (request: ReceiptRequest): ReceiptRequest => expectations.sign?.(request) ?? request;
  const parse = async (request: ReceiptRequest): Promise<ParsedReceipts> => {
    await using rig = new Rig(subject, await new ScriptedServer(() => undefined).listen());
    const parsed = rig.gateway.parseReceipt?.(request);
    assert.ok(parsed);
    rig.mustHideSecrets(parsed);
    return parsed;
  };

  for (const sample of expectations.samples) {
    test(`receipt: ${sample.name}`, async () => {
      assert.deepEqual(await parse(sign(receiptRequest(sample))), { kind: "receipts", receipts: sample.expected });
    });
  }

  test(`receipt of unknown status: ${expectations.unknown.name}`, async () => {
    const parsed = await parse(sign(receiptRequest(expectations.unknown)));
    assert.ok(parsed.kind === "receipts" && parsed.receipts.length === 1, inspect(parsed));
    const [receipt] = parsed.receipts;
    assert.equal(receipt?.status, "unknown");
    if (expectations.unknown.code !== undefined) assert.equal(receipt?.code, expectations.unknown.code);
  });

  const [first] = expectations.samples;
  assert.ok(first, "a gateway with receipts needs a sample");
  for (const sample of [
    ...strange.map((one) => ({ ...one, method: first.method ?? "POST" })),
    ...(expectations.malformed ?? []),
  ]) {
    test(`malformed receipt: ${sample.name}`, async () => {
      assert.deepEqual(await parse(sign(receiptRequest(sample))), { kind: "malformed" });
    });
  }

  test("receipts of every kind, signed or not: the parser answers, whatever they hold", async () => {
    await using rig = new Rig(subject, await new ScriptedServer(() => undefined).listen());
    const answers = (request: ReceiptRequest): void => {
      const kind = rig.gateway.parseReceipt?.(request).kind ?? "";
      assert.ok(["receipts", "malformed", "forged"].includes(kind), kind);
    };
    fc.assert(
      fc.property(hostileBodies(first.body), fc.webQueryParameters(), (body, query) => {
        const sample = { ...first, body, url: `${(first.url ?? receiptUrl).split("?")[0]}?${query}` };
        const request = receiptRequest(sample);
        answers(request);
        answers(sign(request));
      }),
    );
    for (const sample of expectations.samples.slice(0, 3)) {
      const request = sign(receiptRequest(sample));
      // Without a public URL nobody knows how the gateway addressed it.
      for (const url of ["", "/receipts/x/y?z=1", "//", "http://"]) answers({ ...request, url });
      for (const name of Object.keys(request.headers))
        for (const value of ["", "\u0000", "x".repeat(10_000), ["a", "b"]] as (string | string[])[])
          answers({ ...request, headers: { ...request.headers, [name]: value } as ReceiptRequest["headers"] });
    }
  });

  for (const sample of expectations.forged ?? []) {
    test(`forged receipt: ${sample.name}`, async () =>
      assert.deepEqual(await parse(receiptRequest(sample)), { kind: "forged" }));
  }
  if (!expectations.sign) return;

  test("forged receipt: without a signature", async () => {
    assert.deepEqual(await parse(receiptRequest(first)), { kind: "forged" });
  });

  test("forged receipt: changed after it was signed", async () => {
    const signed = sign(receiptRequest(first));
    const body = Buffer.from(
      signed.body.toString("latin1").replace(/[a-z0-9](?=[^a-z0-9]*$)/i, (last) => (last === "7" ? "8" : "7")),
      "latin1",
    );
    const url = signed.url.replace(/.$/, (last) => (last === "7" ? "8" : "7"));
    const changed = body.length > 0 ? { ...signed, body } : { ...signed, url, query: new URL(url).searchParams };
    assert.deepEqual(await parse(changed), { kind: "forged" });
  });

  test("forged receipt: a signature of another length, of other characters, twice, or empty", async () => {
    const unsigned = receiptRequest(first);
    const signed = sign(unsigned);
    const added = Object.keys(signed.headers).filter((name) => signed.headers[name] !== unsigned.headers[name]);
    for (const name of added)
      for (const value of ["", "x", "é√", "A".repeat(10_000), ["a", "b"]] as (string | string[])[]) {
        const headers = { ...signed.headers, [name]: value } as ReceiptRequest["headers"];
        assert.deepEqual(
          await parse({ ...signed, headers }),
          { kind: "forged" },
          `${name}: ${String(value).slice(0, 20)}`,
        );
      }
  });
}
