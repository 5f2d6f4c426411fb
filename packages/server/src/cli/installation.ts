/** What commands work on: the store and the keyring that belongs to it. One place opens both, runs and closes. */
import { claimStore } from "../administration/claim.ts";
import { type Config, readConfig } from "../config.ts";
import { createKeyring, readKeyring } from "../keyring/file.ts";
import { Keyring, KeyringError, type KeyringFile, newKeyring } from "../keyring/keyring.ts";
import { StoreMissing } from "../model/errors.ts";
import { openStore } from "../store/open.ts";
import type { Store } from "../store/port.ts";
import { terminal } from "./terminal.ts";

export interface Installation {
  readonly config: Config;
  readonly store: Store;
  readonly keyring: Keyring;
}

/** The command can't do what it was asked; `message` says why and what to do next. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

export interface OpenOptions {
  /** Make a store if there is none; else that is an error, so that a mistyped path makes no new installation. */
  readonly create: boolean;
  /** Bring an older schema up to date. */
  readonly upgrade?: boolean;
  /** It is opened for a server, not for a command. */
  readonly isServer?: boolean;
}

/** Opens the installation for `work`, and closes it in any case. Throws as `openInstallation` and `work` do. */
export async function withInstallation<T>(
  options: OpenOptions,
  work: (installation: Installation) => Promise<T>,
  config = readConfig(terminal().env),
): Promise<T> {
  const installation = await openInstallation(options, config);
  try {
    return await work(installation);
  } finally {
    await installation.store.close();
  }
}

/** The caller must close the store. Throws ConfigError, KeyringError, CommandError, and what openStore throws. */
export async function openInstallation(options: OpenOptions, config: Config): Promise<Installation> {
  const store = await openStore(config.database, options).catch((fault: unknown) => {
    if (!(fault instanceof StoreMissing)) throw fault;
    throw new CommandError(`${fault.message}: set ANTRYK_DATABASE_URL, or make one with "antryk init"`);
  });
  try {
    return { config, store, keyring: await openKeyring(config.keyringPath, store) };
  } catch (fault) {
    await store.close();
    throw fault;
  }
}

/** Reads the keyring, or makes one while the store is empty: beside old rows a new one would make their codes wrong. */
async function openKeyring(path: string, store: Store): Promise<Keyring> {
  let file = readKeyring(path);
  if (!file) {
    // If another process has begun to use the store meanwhile, it has made the keyring, too.
    file = (await isEmpty(store)) ? makeKeyring(path) : readKeyring(path);
    if (!file)
      throw new KeyringError(
        `the keyring ${path} is missing, and the store's data needs it: ` +
          "restore it from your backup, or set ANTRYK_KEYRING",
      );
  }
  const keyring = new Keyring(file);
  const problem = await claimStore(store, keyring);
  if (problem !== undefined) throw new KeyringError(`the keyring ${path} ${problem}`);
  return keyring;
}

function makeKeyring(path: string): KeyringFile {
  const file = newKeyring();
  try {
    createKeyring(path, file);
    return file;
  } catch (fault) {
    // Another process was first: its keyring counts.
    const { code } = fault as NodeJS.ErrnoException;
    const theirs = code === "EEXIST" ? readKeyring(path) : undefined;
    if (!theirs) throw new KeyringError(`the keyring ${path} can't be written: ${code}`);
    return theirs;
  }
}

async function isEmpty(store: Store): Promise<boolean> {
  const { recipients, history } = await store.sizes();
  return recipients === 0 && history === 0 && (await store.listAccounts()).length === 0;
}
