/** The keyring's file: 0600, written whole and in one step. */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { makePrivateFolder } from "../model/private-folder.ts";
import { KeyringError, type KeyringFile } from "./keyring.ts";

/** Rows name their key between spaces. */
const keyIdShape = /^[\w.-]{1,64}$/;

/** `undefined` if there is no such file; throws KeyringError if it is not a keyring. */
export function readKeyring(path: string): KeyringFile | undefined {
  let text: string;
  try {
    // A pipe or a device would be waited for, or never end.
    if (!statSync(path).isFile()) throw new KeyringError(`the keyring ${path} can't be read: it is not a file`);
    text = readFileSync(path, "utf8");
  } catch (fault) {
    if (fault instanceof KeyringError) throw fault;
    if ((fault as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new KeyringError(`the keyring ${path} can't be read: ${(fault as NodeJS.ErrnoException).code}`);
  }
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    file = undefined;
  }
  if (!isKeyringFile(file)) throw new KeyringError(`${path} is not a keyring: restore it from your backup`);
  return file;
}

/** Makes the file, whole from its first moment, and its folder; throws EEXIST if there is one already. */
export function createKeyring(path: string, file: KeyringFile): void {
  makePrivateFolder(dirname(path));
  const temporary = writeBeside(path, file);
  try {
    linkSync(temporary, path);
  } finally {
    unlinkSync(temporary);
  }
}

/** Replaces the file in one step; of a link, the file that it leads to. */
export function replaceKeyring(path: string, file: KeyringFile): void {
  const real = realpathSync(path);
  renameSync(writeBeside(real, file), real);
}

/** Writes a new, separate file in the same folder; returns its path. */
function writeBeside(path: string, file: KeyringFile): string {
  const temporary = `${path}.${randomBytes(6).toString("hex")}`;
  const fd = openSync(temporary, "wx", 0o600);
  try {
    writeSync(fd, `${JSON.stringify(file, null, 2)}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  return temporary;
}

function isKeyringFile(file: unknown): file is KeyringFile {
  if (typeof file !== "object" || file === null) return false;
  const { version, keys, fixed } = file as Partial<KeyringFile>;
  return (
    version === 1 &&
    typeof fixed === "string" &&
    Array.isArray(keys) &&
    keys.every((key) => typeof key?.id === "string" && keyIdShape.test(key.id) && typeof key.secret === "string")
  );
}
