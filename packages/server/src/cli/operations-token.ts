/** The token of the operations listener: given by the environment, or kept in a private file beside the store. */
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Config } from "../config.ts";
import { isLoopbackHost } from "../http/operations/gate.ts";
import { makePrivateFolder } from "../model/private-folder.ts";
import { CommandError } from "./installation.ts";

const fileName = "operations-token";

type Places = Pick<Config, "operations" | "database" | "keyringPath">;

/** Beside the store, or beside the keyring if the store is no file. */
function pathOf({ database, keyringPath }: Places): string {
  const beside = database.engine === "sqlite" && database.path !== ":memory:" ? database.path : keyringPath;
  return join(dirname(beside), fileName);
}

/** What a command sends; undefined if there is none. */
export function knownToken(config: Places): string | undefined {
  if (config.operations.token !== undefined) return config.operations.token;
  try {
    return readFileSync(pathOf(config), "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
}

/**
 * What a server asks for, made at its first start; undefined: it can't be written, and only this machine reaches the
 * listener. @throws CommandError
 */
export function serverToken(config: Places): string | undefined {
  const known = knownToken(config);
  if (known !== undefined) return known;
  const path = pathOf(config);
  const token = `antryk_ot_${randomBytes(24).toString("base64url")}`;
  try {
    makePrivateFolder(dirname(path));
    writeFileSync(path, `${token}\n`, { mode: 0o600, flag: "wx" });
    return token;
  } catch (fault) {
    const { code } = fault as NodeJS.ErrnoException;
    const theirs = code === "EEXIST" ? knownToken(config) : undefined;
    if (theirs === undefined && !isLoopbackHost(config.operations.host))
      throw new CommandError(`the operations token ${path} can't be written (${code}): set ANTRYK_OPERATIONS_TOKEN`);
    return theirs;
  }
}
