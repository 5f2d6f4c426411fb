/**
 * What the package uses of the web's interfaces. Test runners put tests into a realm of their own that may lack some of
 * them (Jest's jsdom environment has no `TextEncoder`, `Response` or `crypto.subtle`): there Node's own are taken. They
 * are looked up at each use, so that importing the package needs none. Values of another realm are not `instanceof`
 * this one's classes: they are recognised by what they hold.
 */
interface Builtins {
  getBuiltinModule?(name: "node:util"): Pick<typeof globalThis, "TextEncoder" | "TextDecoder"> | undefined;
  getBuiltinModule?(name: "node:crypto"): { readonly webcrypto: NonNullable<typeof globalThis.crypto> } | undefined;
}

function util() {
  const { TextEncoder, TextDecoder, process } = globalThis as Partial<typeof globalThis>;
  const own = TextEncoder && TextDecoder ? { TextEncoder, TextDecoder } : undefined;
  const found = own ?? (process as Builtins | undefined)?.getBuiltinModule?.("node:util");
  if (!found) throw new TypeError("this runtime has no TextEncoder");
  return found;
}

/** The text as UTF-8. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  const { TextEncoder } = util();
  return new Uint8Array(new TextEncoder().encode(text));
}

/** The text that these bytes are in UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string {
  const { TextDecoder } = util();
  return new TextDecoder().decode(bytes);
}

/** Web Crypto, whole. */
export function webCrypto(): NonNullable<typeof globalThis.crypto> {
  const { crypto, process } = globalThis as Partial<typeof globalThis>;
  const found = crypto?.subtle
    ? crypto
    : ((process as Builtins | undefined)?.getBuiltinModule?.("node:crypto")?.webcrypto ?? crypto);
  if (!found) throw new TypeError("this runtime has no Web Crypto");
  return found;
}

/** A copy of bytes of any realm and kind; `undefined` for anything else. */
export function bytesOf(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (ArrayBuffer.isView(value))
    return new Uint8Array(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  const tag = Object.prototype.toString.call(value);
  return tag === "[object ArrayBuffer]" || tag === "[object SharedArrayBuffer]"
    ? new Uint8Array(new Uint8Array(value as ArrayBuffer))
    : undefined;
}

/** Whether it is an error of any realm: Node's modules throw errors of the main one. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";
}
