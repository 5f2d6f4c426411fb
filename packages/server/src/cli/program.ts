/** The command line: one file per noun, errors in one line, `--json` on each. */
import { Command, CommanderError } from "commander";
import { ConfigError, configVariables } from "../config.ts";
import { KeyringError } from "../keyring/keyring.ts";
import { SchemaTooNew, StoreUnavailable } from "../model/errors.ts";
import { accountCommands } from "./account.ts";
import { backupCommand } from "./backup.ts";
import { doctorCommand } from "./doctor.ts";
import { eraseCommand } from "./erase.ts";
import { inboxCommand } from "./inbox.ts";
import { CommandError } from "./installation.ts";
import { keyCommands } from "./key.ts";
import { keyringCommands } from "./keyring.ts";
import { initCommand, migrateCommand, unlockCommand } from "./maintenance.ts";
import { providerCommands } from "./provider.ts";
import { sendTestCommand } from "./send-test.ts";
import { serveCommand } from "./serve.ts";
import { serviceCommands } from "./service.ts";
import { templateCommands } from "./template.ts";
import { type Terminal, terminal, withTerminal } from "./terminal.ts";
import { version } from "./version.ts";

const environmentHelp = `
Environment:
${Object.entries(configVariables)
  .map(([name, { fallback, help }]) => `  ${name.padEnd(24)} ${help} (${fallback})`)
  .join("\n")}`;

/** The whole command line. `exit` gets the code that a command ends with. */
export function buildProgram(exit: (code: number) => void): Command {
  const program = new Command("antryk")
    .description("Antryk: one-time passwords by SMS, verified by a service of your own.")
    .version(version, "-V, --version")
    .addHelpText("after", environmentHelp);
  for (const command of [
    serveCommand(exit),
    initCommand(),
    accountCommands(),
    keyCommands(),
    serviceCommands(),
    templateCommands(exit),
    providerCommands().addCommand(sendTestCommand("test")),
    sendTestCommand(),
    keyringCommands(),
    inboxCommand(),
    unlockCommand(),
    eraseCommand(),
    backupCommand(),
    doctorCommand(exit),
    migrateCommand(),
  ]) {
    program.addCommand(command);
  }
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
  let exitCode = 0;
  const program = buildProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (fault) {
    if (fault instanceof CommanderError) return fault.exitCode === 0 ? 0 : 2;
    if (!isExpected(fault)) throw fault;
    terminal().stderr.write(`antryk: ${fault.message}${causeOf(fault)}\n`);
    return 1;
  }
}

/** Commander does not hand these down to commands that are added. */
function behaveAlike(command: Command): void {
  command
    .exitOverride()
    .showHelpAfterError("(--help tells more)")
    .configureOutput({
      writeOut: (text) => void terminal().stdout.write(text),
      writeErr: (text) => void terminal().stderr.write(text),
    });
  for (const sub of command.commands) behaveAlike(sub);
}

function isExpected(fault: unknown): fault is Error {
  return [ConfigError, KeyringError, StoreUnavailable, SchemaTooNew, CommandError].some((each) => fault instanceof each);
}

function causeOf({ cause }: Error): string {
  return cause instanceof Error ? `: ${cause.message}` : "";
}
