/** The command line: one file per noun, loaded when it is named; errors in one line, `--json` on each. */
import { Command, CommanderError } from "commander";
import { ConfigError, configVariables } from "../config.ts";
import { KeyringError } from "../keyring/keyring.ts";
import {
  SchemaChanged,
  SchemaTooNew,
  SchemaTooOld,
  StoreUnavailable,
  StoreUnusable,
  UnreadableRow,
} from "../model/errors.ts";
import { version } from "../version.ts";
import { CommandError } from "./installation.ts";
import { showable } from "./output.ts";
import { newNameOf } from "./renamed.ts";
import { type Terminal, terminal, withTerminal } from "./terminal.ts";

const environmentHelp = `
Environment:
${Object.entries(configVariables)
  .map(([name, { fallback, help }]) => `  ${name.padEnd(24)} ${help} (${fallback})`)
  .join("\n")}`;

/** `exit` gets the code that a command ends with; `verb` is the word after the command's name. */
type Load = (exit: (code: number) => void, verb?: string) => Promise<Command>;

/** Every command by its name, in the order of the help text. */
const commands: Readonly<Record<string, Load>> = {
  serve: async (exit) => (await import("./serve.ts")).serveCommand(exit),
  init: async () => (await import("./init.ts")).initCommand(),
  account: async () => (await import("./account.ts")).accountCommands(),
  key: async () => (await import("./key.ts")).keyCommands(),
  service: async (_exit, verb) => (await import("./service.ts")).serviceCommands(verb),
  template: async (exit) => (await import("./template.ts")).templateCommands(exit),
  block: async () => (await import("./list.ts")).listCommands("block"),
  allow: async () => (await import("./list.ts")).listCommands("allow"),
  "test-number": async () => (await import("./test-number.ts")).testNumberCommands(),
  price: async () => (await import("./price.ts")).priceCommands(),
  guard: async () => (await import("./guard.ts")).guardCommands(),
  top: async () => (await import("./top.ts")).topCommand(),
  why: async () => (await import("./why.ts")).whyCommand(),
  decision: async () => (await import("./decision.ts")).decisionCommands(),
  gateway: async (_exit, verb) => (await import("./gateway.ts")).gatewayCommands(verb),
  provider: async () => (await import("./provider.ts")).providerCommands(),
  "send-test": async () => (await import("./send-test.ts")).sendTestCommand("send-test"),
  node: async () => (await import("./node.ts")).nodeCommands(),
  keyring: async () => (await import("./keyring.ts")).keyringCommands(),
  inbox: async () => (await import("./inbox.ts")).inboxCommand(),
  limit: async () => (await import("./limit.ts")).limitCommands(),
  unlock: async () => (await import("./unlock.ts")).unlockCommand(),
  erase: async () => (await import("./erase.ts")).eraseCommand(),
  backup: async () => (await import("./backup.ts")).backupCommand(),
  doctor: async (exit) => (await import("./doctor.ts")).doctorCommand(exit),
  schema: async () => (await import("./schema.ts")).schemaCommands(),
  move: async () => (await import("./move.ts")).moveCommand(),
};

/** The command line as far as these arguments need it: one command with what it imports, or all if they name none. */
export async function buildProgram(
  exit: (code: number) => void,
  [name = "", verb]: readonly string[] = [],
): Promise<Command> {
  const program = new Command("antryk")
    .description("Antryk: one-time passwords by SMS, verified by a service of your own.")
    .version(version, "-V, --version")
    .addHelpText("after", environmentHelp);
  const named = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (named) program.addCommand(await named(exit, verb));
  else if (!["-V", "--version"].includes(name))
    for (const load of Object.values(commands)) program.addCommand(await load(exit));
  behaveAlike(program);
  return program;
}

/**
 * Runs one command; resolves with the exit code: 0 done, 1 can't be done, 2 used wrongly.
 * `own`: what it reads and prints to instead of the process's variables and streams.
 */
export async function runCli(args: readonly string[], own?: Terminal): Promise<number> {
  return own === undefined ? runCommand(args) : withTerminal(own, () => runCommand(args));
}

async function runCommand(args: readonly string[]): Promise<number> {
  const renamed = newNameOf(args);
  if (renamed !== undefined) {
    terminal().stderr.write(`antryk: ${renamed}\n`);
    return 2;
  }
  let exitCode = 0;
  const program = await buildProgram((code) => {
    exitCode = code;
  }, args);
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (fault) {
    if (fault instanceof CommanderError) return fault.exitCode === 0 ? 0 : 2;
    if (!isExpected(fault)) throw fault;
    terminal().stderr.write(`antryk: ${showable(`${fault.message}${causeOf(fault)}`)}\n`);
    return 1;
  }
}

/** Commander does not hand these down to commands that are added. */
function behaveAlike(command: Command): void {
  command
    .exitOverride()
    .showHelpAfterError("(--help shows more)")
    .configureOutput({
      writeOut: (text) => void terminal().stdout.write(text),
      writeErr: (text) => void terminal().stderr.write(text),
    });
  for (const sub of command.commands) behaveAlike(sub);
}

const expected = [
  ConfigError,
  KeyringError,
  StoreUnavailable,
  StoreUnusable,
  UnreadableRow,
  SchemaTooNew,
  SchemaTooOld,
  SchemaChanged,
  CommandError,
];

function isExpected(fault: unknown): fault is Error {
  return expected.some((each) => fault instanceof each);
}

/** A store that can't be used has said it all. */
function causeOf(fault: Error): string {
  const { cause } = fault;
  return cause instanceof Error && !(fault instanceof StoreUnusable) ? `: ${cause.message}` : "";
}
