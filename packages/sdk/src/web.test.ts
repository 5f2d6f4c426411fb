/** Test runners run tests in a realm of their own: its values are not `instanceof` the package's classes. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { createContext, runInContext } from "node:vm";
import { webhooks } from "./index.ts";
import { safeCause } from "./redact.ts";
import { bytesOf, decodeUtf8, encodeUtf8, webCrypto } from "./web.ts";

const realm = createContext({});
const foreign = <T>(source: string) => runInContext(source, realm) as T;
const secret = `whsec_${Buffer.from("0123456789abcdef0123456789abcdef").toString("base64")}`;

/** Takes globals away while `run` is under way. */
async function without(names: readonly string[], run: () => unknown): Promise<void> {
  const kept = names.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const);
  try {
    for (const name of names) Object.defineProperty(globalThis, name, { value: undefined, configurable: true });
    await run();
  } finally {
    for (const [name, descriptor] of kept) if (descriptor) Object.defineProperty(globalThis, name, descriptor);
  }
}

it("a webhook's body may be bytes of any realm and kind", async () => {
  const payload = '{"type":"é"}';
  const bytes = [...Buffer.from(payload)];
  const headers = await webhooks.sign(payload, secret);
  const bodies = [
    foreign<Uint8Array>(`Uint8Array.from(${JSON.stringify(bytes)})`),
    foreign<Uint8Array>(`new DataView(Uint8Array.from(${JSON.stringify([0, ...bytes])}).buffer, 1)`),
    foreign<Uint8Array>(`Uint8Array.from(${JSON.stringify(bytes)}).buffer`),
    Buffer.from(payload),
  ];
  for (const body of bodies) assert.equal((await webhooks.verify(body, headers, secret)).type, "é");
});

it("what holds no bytes is no body", () => {
  for (const value of [undefined, null, {}, [1], 1, { byteLength: 1 }, foreign("({})")])
    assert.equal(bytesOf(value), undefined);
});

it("an error of another realm is copied with its code, and without the rest", () => {
  const error = foreign<Error>("Object.assign(new Error('no secret'), { code: 'ECONNRESET', secret: 'x' })");
  assert.ok(!(error instanceof Error));
  const copy = safeCause(error, (text) => text.replaceAll("secret", "…"));
  assert.deepEqual([String(copy), Object.entries(copy as object)], ["Error: no …", [["code", "ECONNRESET"]]]);
});

it("what the realm lacks is taken from Node", () =>
  without(["TextEncoder", "TextDecoder", "crypto"], async () => {
    assert.equal(decodeUtf8(encodeUtf8("é")), "é");
    assert.match(webCrypto().randomUUID(), /-/);
    await webhooks.verify('{"type":"x"}', await webhooks.sign('{"type":"x"}', secret), secret);
  }));

it("importing the package needs none of it", () =>
  without(["TextEncoder", "TextDecoder", "crypto", "Response", "Headers", "fetch"], async () => {
    await import(`./index.ts?${"bare"}`);
    await import(`./testing/index.ts?${"bare"}`);
  }));
