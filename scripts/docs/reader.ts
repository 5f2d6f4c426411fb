/** A reader who does what a page says: runs its blocks in order, against a real server on a new folder. */
import { execFile } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { quietPort } from "@antryk/testkit/net/ports";
import { Installation, type RunningServer } from "@antryk/testkit/process";
import { hangMs } from "@antryk/testkit/until";
import { withGiven } from "./given.ts";
import { type Block, isScript, root } from "./pages.ts";

/** What pages write where readers put their values. */
const shown = {
  baseUrl: "http://127.0.0.1:8080",
  operationsUrl: "http://127.0.0.1:8081",
  accessKey: "antryk_ak_…",
  secretKey: "antryk_sk_…",
  accountId: "0b0f7a52-7e0c-4d0f-9a53-3a1d9f5e7c10",
  serviceId: "5f0c8f0e-4f3b-4c62-9d5a-0d6b1d0f3a11",
  to: "+919876543210",
  code: "482915",
  /** In blocks that are given a number: one that no other block has. */
  anyTo: "+919876500…",
  otherBaseUrl: "https://otp.example.com",
  webhookSecret: "whsec_…",
  /** Of a server that a block starts itself. */
  otherPort: "18080",
  otherOperationsPort: "18081",
} as const;

/** Blocks run in order in one page, and what one exports the next one sees. */
export class Reader implements AsyncDisposable {
  readonly #installation = new Installation();
  #server: RunningServer | undefined;
  #values: Record<string, string> = {};
  #count = 0;
  #otherPort = 0;
  #otherOperationsPort = 0;

  async start(): Promise<void> {
    const { folder } = this.#installation;
    this.#otherPort = await quietPort();
    this.#otherOperationsPort = await quietPort();
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
    writeFileSync(join(folder, "exported"), "");
    this.#values = { ...(await this.#installation.json("init")) };
    this.#server = await this.#installation.serve();
  }

  /** What the block printed; throws if it fails. */
  async run(block: Block): Promise<string> {
    this.#count += 1;
    const script = isScript(block);
    const text = await this.#withValues(script ? withGiven(block.text) : block.text);
    const file = block.file ?? fileOf(block, this.#count);
    const source = script
      ? text
      : // `npx` finds the same command, but takes its time. What is exported stays for the next block.
        `set -eu\nnpx() { "$@"; }\n. ./exported\n${text}\nexport -p | grep -E ' (ANTRYK_|OTP)' > ./exported || true\n`;
    writeFileSync(join(this.#installation.folder, file), source);
    const command = script ? ["-c", `. ./exported; exec node ${file}`] : [file];
    const { stdout } = await promisify(execFile)("bash", command, {
      cwd: this.#installation.folder,
      env: this.#environment(),
      timeout: hangMs,
    });
    return stdout;
  }

  /** Whether what was printed is what the page shows. JSON is compared by its meaning. */
  matches({ language, text }: Block, printed: string): boolean {
    if (language !== "json") return agrees(text.trim(), printed.trim());
    try {
      return agrees(JSON.parse(text), JSON.parse(printed));
    } catch {
      return false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.kill("SIGTERM");
    await this.#installation[Symbol.asyncDispose]();
  }

  async #withValues(text: string): Promise<string> {
    const { accessKey = "", secretKey = "", serviceId = "", accountId = "" } = this.#values;
    return text
      .replaceAll(shown.baseUrl, this.#baseUrl())
      .replaceAll(shown.operationsUrl, this.#server?.operationsUrl ?? "")
      .replaceAll(shown.otherBaseUrl, this.#baseUrl())
      .replaceAll(shown.anyTo, `+919876500${String(this.#count).padStart(3, "0")}`)
      .replaceAll(shown.otherPort, String(this.#otherPort))
      .replaceAll(shown.otherOperationsPort, String(this.#otherOperationsPort))
      .replaceAll(shown.webhookSecret, `whsec_${Buffer.alloc(24, 7).toString("base64")}`)
      .replaceAll(shown.accessKey, accessKey)
      .replaceAll(shown.secretKey, secretKey)
      .replaceAll(shown.serviceId, serviceId)
      .replaceAll(shown.accountId, accountId)
      .replaceAll(shown.code, text.includes(shown.code) ? await this.#newestCode() : "");
  }

  async #newestCode(): Promise<string> {
    const reply = await fetch(
      `${this.#server?.operationsUrl ?? ""}/sandbox/messages?to=${encodeURIComponent(shown.to)}`,
    );
    const { messages } = (await reply.json()) as { messages: { text: string }[] };
    return /\d{4,10}/.exec(messages[0]?.text ?? "")?.[0] ?? shown.code;
  }

  #baseUrl(): string {
    return this.#server?.baseUrl ?? "";
  }

  #environment(): Record<string, string | undefined> {
    const inherited = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.startsWith("ANTRYK_") && name !== "NODE_TEST_CONTEXT"),
    );
    const PATH = [join(root, "node_modules/.bin"), process.env.PATH].join(delimiter);
    return {
      ...inherited,
      NODE_NO_WARNINGS: "1",
      // Many short programs load the same modules.
      NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache"),
      PATH,
      ANTRYK_PORT: new URL(this.#baseUrl()).port,
      ANTRYK_OPERATIONS_PORT: new URL(this.#server?.operationsUrl ?? "").port,
    };
  }
}

/** What the block is kept as, unless it says so. */
export function fileOf({ language }: Block, count: number): string {
  const ending = language === "ts" ? "mts" : language === "js" ? "mjs" : "sh";
  return `block-${count}.${ending}`;
}

/** `…` matches any text, and the shown code for any code. */
function agrees(shownValue: unknown, value: unknown): boolean {
  if (shownValue === "…") return true;
  if (typeof shownValue === "string" && typeof value === "string") {
    const parts = shownValue
      .split("…")
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll(shown.code, "\\d{4,10}"));
    return new RegExp(`^${parts.join("[^]*")}$`).test(value);
  }
  if (typeof shownValue !== "object" || shownValue === null || typeof value !== "object" || value === null)
    return shownValue === value;
  const names = Object.keys(shownValue);
  const [all, those] = [shownValue as Record<string, unknown>, value as Record<string, unknown>];
  return (
    names.join() === Object.keys(those).join() &&
    names.every(
      (name) => agrees(all[name], those[name]) || (name === "expiresIn" && hardlyLess(all[name], those[name])),
    )
  );
}

/** Seconds that are left: a slow machine has used some of them. */
function hardlyLess(shownSeconds: unknown, seconds: unknown): boolean {
  return (
    typeof shownSeconds === "number" &&
    typeof seconds === "number" &&
    seconds < shownSeconds &&
    seconds > shownSeconds - 60
  );
}
