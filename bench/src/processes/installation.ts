/** An installation as an operator makes it: by the command line. */
import { cpSync } from "node:fs";
import { join } from "node:path";
import type { Checkout } from "./checkout.ts";
import { removeFolder, temporaryFolder } from "./cleanup.ts";
import { type Addresses, type Recipe, recipes, type ServiceName } from "./services.ts";

export interface Caller {
  readonly accountId: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

export interface InstallationInput {
  readonly checkout: Checkout;
  readonly addresses: Addresses;
  /** Undefined: a file in the installation's folder. */
  readonly databaseUrl?: string;
  /** Which services, and whether one that the checkout's commands refuse is left out; otherwise it is a fault. */
  readonly services?: readonly ServiceName[];
  readonly lenient?: boolean;
}

interface Parts {
  readonly checkout: Checkout;
  readonly folder: string;
  readonly caller: Caller;
  readonly services: ReadonlyMap<ServiceName, string>;
  readonly databaseUrl: string | undefined;
}

const keep = async (): Promise<void> => undefined;

export class Installation implements AsyncDisposable {
  readonly #parts: Parts;
  readonly #release: () => Promise<void>;

  private constructor(parts: Parts, release: () => Promise<void>) {
    this.#parts = parts;
    this.#release = release;
  }

  static async create(input: InstallationInput): Promise<Installation> {
    const {
      checkout,
      addresses,
      databaseUrl,
      services: names = Object.keys(recipes) as ServiceName[],
      lenient = false,
    } = input;
    const folder = temporaryFolder();
    const env = environment(folder, databaseUrl);
    const { accountId } = await checkout.run<{ accountId: string }>(
      env,
      "account",
      "create",
      "bench",
      "--limit",
      "off",
    );
    const key = await checkout.run<Pick<Caller, "accessKey" | "secretKey">>(
      env,
      "key",
      "create",
      "--account",
      accountId,
    );
    const services = new Map<ServiceName, string>();
    for (const name of names) {
      const made = makeService(checkout, env, accountId, name, recipes[name], addresses);
      const serviceId = await (lenient ? made.catch(() => undefined) : made);
      if (serviceId !== undefined) services.set(name, serviceId);
    }
    return new Installation({ checkout, folder, caller: { accountId, ...key }, services, databaseUrl }, keep);
  }

  get checkout(): Checkout {
    return this.#parts.checkout;
  }

  get caller(): Caller {
    return this.#parts.caller;
  }

  /** Undefined: the store is `databasePath`. */
  get databaseUrl(): string | undefined {
    return this.#parts.databaseUrl;
  }

  get databasePath(): string {
    return databasePath(this.#parts.folder);
  }

  get keyringPath(): string {
    return keyringPath(this.#parts.folder);
  }

  /** For the programs of its checkout. */
  get environment(): NodeJS.ProcessEnv {
    return environment(this.#parts.folder, this.databaseUrl);
  }

  has(name: ServiceName): boolean {
    return this.#parts.services.has(name);
  }

  serviceId(name: ServiceName): string {
    const id = this.#parts.services.get(name);
    if (id === undefined) throw new Error(`the installation lacks the service ${name}`);
    return id;
  }

  /** The same in another folder, for a server that must find it as it was made; disposing of it calls `release`. */
  copy(databaseUrl = this.databaseUrl, release: () => Promise<void> = keep): Installation {
    const folder = temporaryFolder();
    cpSync(this.#parts.folder, folder, { recursive: true });
    return new Installation({ ...this.#parts, folder, databaseUrl }, release);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    removeFolder(this.#parts.folder);
    await this.#release();
  }
}

async function makeService(
  checkout: Checkout,
  env: NodeJS.ProcessEnv,
  accountId: string,
  name: string,
  { settings, gateway }: Recipe,
  addresses: Addresses,
): Promise<string> {
  if (gateway) {
    // Older commits call it a provider.
    const noun = (await checkout.knows("gateway")) ? "gateway" : "provider";
    await checkout.run(env, noun, "add", gateway.name, ...gateway.settings(addresses));
  }
  const everywhere = (await checkout.hasFlag("--countries", "service", "create")) ? ["--countries", "all"] : [];
  // Numbers are random, and no load verifies enough of a prefix.
  const hasPrefixes = await checkout.hasFlag("--new-prefix-limit", "service", "create");
  const anyPrefix = hasPrefixes ? ["--new-prefix-limit", "off"] : [];
  const flags = ["--account", accountId, "--name", name, ...everywhere, ...anyPrefix, ...settings(addresses)];
  return (await checkout.run<{ serviceId: string }>(env, "service", "create", ...flags)).serviceId;
}

/** This process's environment without its own settings for antryk. */
function environment(folder: string, databaseUrl = `sqlite:${databasePath(folder)}`): NodeJS.ProcessEnv {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("ANTRYK_")));
  return {
    ...env,
    ANTRYK_HOST: "127.0.0.1",
    ANTRYK_PORT: "0",
    ANTRYK_DATABASE_URL: databaseUrl,
    ANTRYK_KEYRING: keyringPath(folder),
  };
}

function databasePath(folder: string): string {
  return join(folder, "antryk.db");
}

function keyringPath(folder: string): string {
  return join(folder, "keyring.json");
}
