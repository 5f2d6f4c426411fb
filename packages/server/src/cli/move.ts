/** `antryk move --from … --to …`: a stopped installation's data in the other engine. */
import { Command } from "commander";
import { type Config, ConfigError, readConfig } from "../config.ts";
import { readKeyring } from "../keyring/file.ts";
import { Keyring, KeyringError } from "../keyring/keyring.ts";
import { StoreMissing } from "../model/errors.ts";
import { CommandError } from "./installation.ts";
import { type OutputOptions, print, table } from "./output.ts";
import { terminal } from "./terminal.ts";

interface MoveOptions extends OutputOptions {
  readonly from?: string;
  readonly to?: string;
  readonly leaveHistory?: true;
}

const barWidth = 30;

export function moveCommand(): Command {
  return new Command("move")
    .description("move a stopped installation's data from SQLite to PostgreSQL, or back")
    .option("--from <url>", "sqlite:PATH or postgres://… (default ANTRYK_DATABASE_URL)")
    .option("--to <url>", "an empty database of the other kind (default ANTRYK_DATABASE_URL)")
    .option("--leave-history", "end a move into PostgreSQL without the history that is still missing")
    .option("--json", "print one JSON object")
    .action(moveInstallation);
}

async function moveInstallation(options: MoveOptions): Promise<void> {
  const { env } = terminal();
  const at = (flag: string, url: string | undefined) => {
    try {
      return readConfig(
        url === undefined ? env : { ...env, ANTRYK_DATABASE_URL: url, ANTRYK_DATABASE_URL_FILE: undefined },
      );
    } catch (fault) {
      if (url === undefined || !(fault instanceof ConfigError)) throw fault;
      throw new CommandError(`${flag}: ${fault.message.replace("ANTRYK_DATABASE_URL", "it")}`);
    }
  };
  const [from, to] = [at("--from", options.from), at("--to", options.to)];
  if (options.leaveHistory) return leaveHistory(options, to);
  if (from.database.engine === to.database.engine)
    throw new CommandError("a move is between sqlite:PATH and postgres://…; what is left out is ANTRYK_DATABASE_URL");
  const keyring = (why: string) => {
    const file = readKeyring(from.keyringPath);
    if (!file) throw new KeyringError(`the keyring ${from.keyringPath} is missing: ${why} needs it`);
    return new Keyring(file);
  };
  const placeOf = () => {
    const keys = keyring("a move from PostgreSQL");
    return keys.placeOf.bind(keys);
  };
  const numberHash = () => {
    const keys = keyring("history of which a number was erased meanwhile");
    return keys.phoneHash.bind(keys);
  };
  // What only this command needs, with the driver of PostgreSQL.
  const { MoveRefused, move } = await import("../store/move/move.ts");
  const start = `Start every server with ANTRYK_DATABASE_URL at ${to.databaseLabel} and the same keyring`;
  const report = await move({
    from: from.database,
    to: to.database,
    placeOf,
    numberHash,
    onProgress: progress(),
    onOpen: () => terminal().stderr.write(`\n${start} now; the older history follows.\n`),
  }).catch((fault: unknown) => {
    if (fault instanceof MoveRefused) throw new CommandError(fault.message);
    if (fault instanceof StoreMissing) throw new CommandError(`${fault.message}: --from takes the one to move`);
    throw fault;
  });
  const rows = Object.entries(report.tables).map(([name, count]) => [name, String(count)]);
  print(
    options,
    { from: from.databaseLabel, to: to.databaseLabel, ...report },
    `${table(["MOVED", "THE SAME IN BOTH"], rows, "")}\n\n` +
      `${start}; keep ${from.databaseLabel} until you are sure.`,
  );
}

async function leaveHistory(options: OutputOptions, { database, databaseLabel }: Config): Promise<void> {
  const { leaveHistory, MoveRefused } = await import("../store/move/move.ts");
  if (database.engine !== "postgres") throw new CommandError("--leave-history is for a move into PostgreSQL");
  await leaveHistory(database.target).catch((fault: unknown) => {
    throw fault instanceof MoveRefused ? new CommandError(fault.message) : fault;
  });
  print(
    options,
    { to: databaseLabel, leftHistory: true },
    `The move into ${databaseLabel} has ended without the rest.`,
  );
}

/** A bar on a terminal, else a line for each table and each tenth. */
function progress(): (table: string, moved: number, all: number) => void {
  let last = "";
  return (name, moved, all) => {
    const share = all === 0 ? 1 : moved / all;
    const { stderr } = terminal();
    if (stderr.isTTY) {
      const filled = Math.round(share * barWidth);
      const bar = `${"#".repeat(filled)}${"-".repeat(barWidth - filled)}`;
      stderr.write(
        `\r[${bar}] ${Math.floor(share * 100)} %  ${moved} of ${all} rows  ${name.padEnd(30)}${share === 1 ? "\n" : ""}`,
      );
      return;
    }
    const line = `${name} ${Math.floor(share * 10)}`;
    if (line !== last) stderr.write(`moving ${name}: ${moved} of ${all} rows\n`);
    last = line;
  };
}
