/**
 * The keyring: what codes are made from and compared by. A file (0600) beside the store, never inside it.
 *
 * Rotation: `add` a key (`accepted`: it verifies on every process), then `promote` it (`primary`: new codes use it),
 * and 24 h later `remove` the old one. The `fixed` secret, for what is kept longer than a day, does not rotate.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { createMac, type Mac } from "./mac.ts";

export interface KeyringKey {
  readonly id: string;
  /** 32 bytes, base64. */
  readonly secret: string;
  readonly status: "primary" | "accepted";
  /** When it stopped being primary, ISO 8601. */
  readonly demotedAt?: string;
}

export interface KeyringFile {
  readonly version: 1;
  readonly keys: readonly KeyringKey[];
  /** 32 bytes, base64. */
  readonly fixed: string;
}

/** The sub-keys of one key. */
export interface LiveKey {
  readonly id: string;
  readonly code: Mac;
  readonly match: Mac;
  readonly idempotency: Mac;
}

/** The keyring can't be used; the message says what to do. Never holds a secret. */
export class KeyringError extends Error {
  override readonly name = "KeyringError";
}

/** How long codes and replies of a key that is no longer primary may still be asked for. */
export const demotedKeyMs = 24 * 3_600_000;

/** The keys of one installation. Its live keys may change while it is used (`reload`), the fixed secret never. */
export class Keyring {
  /**
   * Tells keyrings apart, and nothing of their secrets: the same for as long as the fixed secret, whatever keys come
   * and go. The store has it too.
   */
  readonly canary: string;
  readonly #seal: Buffer;
  readonly #phone: Mac;
  readonly #place: Mac;
  #live: readonly LiveKey[];

  /** Throws KeyringError. */
  constructor(file: KeyringFile) {
    const fixed = secretOf(file.fixed);
    this.#live = liveKeysOf(file);
    this.#seal = subKey(fixed, "seal");
    this.#phone = subMac(fixed, "phone");
    this.#place = subMac(fixed, "place");
    this.canary = subKey(fixed, "canary").subarray(0, 16).toString("hex");
  }

  get primary(): LiveKey {
    return this.#live[0] as LiveKey;
  }

  /** The primary key first. */
  get live(): readonly LiveKey[] {
    return this.#live;
  }

  get liveIds(): readonly string[] {
    return this.#live.map((key) => key.id);
  }

  /** Takes the live keys of a file that has changed. Throws KeyringError, and then nothing has changed. */
  reload(file: KeyringFile): void {
    if (new Keyring(file).canary !== this.canary) throw new KeyringError("it is another installation's keyring");
    this.#live = liveKeysOf(file);
  }

  find(id: string): LiveKey | undefined {
    return this.#live.find((key) => key.id === id);
  }

  /** What history keeps of a number, and finds it by: the same for as long as the keyring lives. */
  phoneHash(recipient: string): Buffer {
    return this.#phone("phone", recipient);
  }

  /** Where everything about a recipient of an account is stored: 48 bits, the first 12 are its bucket. */
  placeOf(accountId: string, channel: string, recipient: string): number {
    return this.#place("place", accountId, channel, recipient).readUIntBE(0, 6);
  }

  /** AES-256-GCM, random 96-bit nonce; `context` must be the same on opening. For gateways' stored credentials. */
  seal(text: string, context: string): string {
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", this.#seal, nonce).setAAD(Buffer.from(context));
    const bytes = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return `v1.${bytes.toString("base64")}`;
  }

  /** Throws KeyringError if the text was sealed by another keyring or for another context. */
  open(sealed: string, context: string): string {
    const bytes = Buffer.from(sealed.replace(/^v1\./, ""), "base64");
    try {
      const decipher = createDecipheriv("aes-256-gcm", this.#seal, bytes.subarray(0, 12)).setAAD(Buffer.from(context));
      decipher.setAuthTag(bytes.subarray(-16));
      return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString("utf8");
    } catch {
      throw new KeyringError("sealed settings can't be opened: they were made with another keyring");
    }
  }
}

function liveKeysOf({ keys }: KeyringFile): LiveKey[] {
  const primaries = keys.filter((key) => key.status === "primary");
  const [primary] = primaries;
  if (!primary || primaries.length > 1) throw new KeyringError("a keyring has exactly one primary key");
  return [primary, ...keys.filter((key) => key !== primary)].map(({ id, secret: base64 }) => {
    const secret = secretOf(base64);
    return {
      id,
      code: subMac(secret, "code"),
      match: subMac(secret, "match"),
      idempotency: subMac(secret, "idempotency"),
    };
  });
}

export function newKeyring(): KeyringFile {
  return { version: 1, keys: [{ ...newKey(), status: "primary" }], fixed: newSecret() };
}

export function addKey(file: KeyringFile): { file: KeyringFile; id: string } {
  const key: KeyringKey = { ...newKey(), status: "accepted" };
  return { file: { ...file, keys: [...file.keys, key] }, id: key.id };
}

/** Throws KeyringError if there is no such key. */
export function promoteKey(file: KeyringFile, id: string, now: Date): KeyringFile {
  requireKey(file, id);
  const keys = file.keys.map((key): KeyringKey => {
    if (key.id === id) return { id: key.id, secret: key.secret, status: "primary" };
    return key.status === "primary" ? { ...key, status: "accepted", demotedAt: now.toISOString() } : key;
  });
  return { ...file, keys };
}

/** Throws KeyringError for the primary key, and for one whose codes may still be asked for. */
export function removeKey(file: KeyringFile, id: string, now: Date): KeyringFile {
  const key = requireKey(file, id);
  if (key.status === "primary") throw new KeyringError(`${id} is the primary key: promote another one first`);
  const until = key.demotedAt ? Date.parse(key.demotedAt) + demotedKeyMs : 0;
  if (now.getTime() < until)
    throw new KeyringError(`${id} may still be asked for until ${new Date(until).toISOString()}`);
  return { ...file, keys: file.keys.filter((each) => each !== key) };
}

function requireKey(file: KeyringFile, id: string): KeyringKey {
  const key = file.keys.find((each) => each.id === id);
  if (!key) throw new KeyringError(`there is no key ${id}`);
  return key;
}

function newKey(): { id: string; secret: string } {
  return { id: `k_${randomBytes(6).toString("hex")}`, secret: newSecret() };
}

function newSecret(): string {
  return randomBytes(32).toString("base64");
}

function secretOf(base64: string): Buffer {
  const secret = Buffer.from(base64, "base64");
  if (secret.length !== 32) throw new KeyringError("a keyring's secrets are 32 bytes each");
  return secret;
}

function subKey(secret: Buffer, label: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "", `antryk/${label}`, 32));
}

function subMac(secret: Buffer, label: string): Mac {
  return createMac(subKey(secret, label));
}
