/**
 * Rows' keys as bytes: the kind's tag, account and scope as 16 bytes each, then the text. They sort by kind, account
 * and scope, and both engines store them so. Pure.
 */

const textOffset = 33;
const mostKnown = 4_096;
const known = new Map<string, Buffer>();
const shape = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Throws TypeError if account or scope is not a UUID. */
export function keyBytes(tag: string, accountId: string, scopeId: string, text: string): Buffer {
  const key = Buffer.allocUnsafe(textOffset + Buffer.byteLength(text));
  key.write(tag, 0, "latin1");
  uuidBytes(accountId).copy(key, 1);
  uuidBytes(scopeId).copy(key, 17);
  key.write(text, textOffset, "utf8");
  return key;
}

export interface KeyParts {
  readonly tag: string;
  readonly accountId: string;
  readonly scopeId: string;
  readonly text: string;
}

export function keyParts(key: Buffer): KeyParts {
  return {
    tag: key.toString("latin1", 0, 1),
    accountId: uuidText(key, 1),
    scopeId: uuidText(key, 17),
    text: key.toString("utf8", textOffset),
  };
}

/** Accounts and services are few: their bytes are kept. */
function uuidBytes(uuid: string): Buffer {
  const found = known.get(uuid);
  if (found) return found;
  if (!shape.test(uuid)) throw new TypeError("the id of an account or service is not a UUID");
  if (known.size >= mostKnown) known.clear();
  const bytes = Buffer.from(uuid.replaceAll("-", ""), "hex");
  known.set(uuid, bytes);
  return bytes;
}

function uuidText(bytes: Buffer, offset: number): string {
  const hex = bytes.toString("hex", offset, offset + 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
