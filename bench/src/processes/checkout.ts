/** A checkout of the project, used as an operator uses it: by its own program. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export class Checkout {
  /** The one that this file belongs to. */
  static readonly own = new Checkout(fileURLToPath(new URL("../../../", import.meta.url)));

  readonly folder: string;
  #help: Promise<string> | undefined;

  /** `folder`: absolute, with its packages installed. */
  constructor(folder: string) {
    this.folder = folder;
  }

  /** `antryk`, for this process's Node: two checkouts that are compared differ by their code alone. */
  get program(): string {
    return join(this.folder, "packages/server/bin/antryk.js");
  }

  get isThere(): boolean {
    return existsSync(this.program) && existsSync(join(this.folder, "node_modules"));
  }

  /** Runs a command and reads the JSON that it prints. */
  async run<Printed>(env: NodeJS.ProcessEnv, ...args: string[]): Promise<Printed> {
    return JSON.parse(await this.#print(env, ...args, "--json")) as Printed;
  }

  /** Whether `antryk` knows this command. */
  async knows(noun: string): Promise<boolean> {
    this.#help ??= this.#print(process.env, "--help");
    return new RegExp(`^ {2}${noun} `, "m").test(await this.#help);
  }

  /** Whether the command has this flag. */
  async hasFlag(flag: string, ...command: string[]): Promise<boolean> {
    return (await this.#print(process.env, ...command, "--help")).includes(`${flag} `);
  }

  async #print(env: NodeJS.ProcessEnv, ...args: string[]): Promise<string> {
    return (await promisify(execFile)(process.execPath, [this.program, ...args], { env })).stdout;
  }
}
