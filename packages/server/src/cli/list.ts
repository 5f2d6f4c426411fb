/** `antryk block …` and `antryk allow …`: which numbers nothing is sent to, and which in any country. */
import { Command, InvalidArgumentError } from "commander";
import { addListEntry, removeListEntry } from "../administration/lists.ts";
import type { ListEntry } from "../model/list-entry.ts";
import { parseSpan } from "../policy/limit-notation.ts";
import { CommandError, withInstallation } from "./installation.ts";
import { noService } from "./missing.ts";
import { type OutputOptions, print, table } from "./output.ts";

const said: Readonly<Record<ListEntry["list"], { readonly what: string; readonly done: string }>> = {
  block: {
    what: "numbers that nothing is sent to",
    done: "Nothing is sent to",
  },
  allow: {
    what: "numbers that are sent to whatever country they are of, and although more of them are blocked",
    done: "Codes are sent to",
  },
};

interface EntryOptions extends OutputOptions {
  readonly service?: string;
  readonly until?: number;
  readonly reason?: string;
}

export function listCommands(list: ListEntry["list"]): Command {
  const { what, done } = said[list];
  const command = new Command(list).description(what);
  command
    .command("add")
    .description("add a number, or what numbers begin with; running servers follow within 2 seconds")
    .argument("<match>", "such as +9198760")
    .option(
      "--until <time>",
      "how long: 30m, 6h, 7d, or a date such as 2027-01-31T00:00Z (default: for good)",
      timeFromNow,
    )
    .option("--reason <reason>", "why, for people")
    .option("--service <service>", "only for this service (default: all)")
    .option("--json", "print one JSON object")
    .action(async (match: string, { service, until: forMs, reason, ...options }: EntryOptions) => {
      const made = await withInstallation({ create: false }, ({ store }) =>
        addListEntry(store, { list, match, serviceId: service, forMs, reason }),
      );
      if (made.kind === "problem") throw new CommandError(made.message);
      if (made.kind === "unknown") throw noService(service ?? "");
      const entry = shown(made.entry);
      print(options, entry, `${done} ${match}… from now on (${entry.service}, ${entry.until}).`);
    });
  command
    .command("list")
    .description("show the entries; those that have ended are kept for 30 days")
    .option("--json", "print one JSON object")
    .action(async (options: OutputOptions) => {
      const all = await withInstallation({ create: false }, ({ store }) => store.listEntries());
      const entries = all.filter((entry) => entry.list === list).map(shown);
      const rows = entries.map(({ match, service, until, reason, createdAt }) => [
        match,
        service,
        until,
        reason ?? "-",
        createdAt,
      ]);
      const empty = `None yet: "antryk ${list} add +9198760 --until 6h" makes one.`;
      print(options, { entries }, table(["BEGINS WITH", "SERVICE", "UNTIL", "REASON", "CREATED"], rows, empty));
    });
  command
    .command("remove")
    .description("take an entry away")
    .argument("<match>", "as it was added")
    .option("--service <service>", "only that of this service (default: all entries of the match)")
    .option("--json", "print one JSON object")
    .action(async (match: string, { service, ...options }: EntryOptions) => {
      const removed = await withInstallation({ create: false }, ({ store }) =>
        removeListEntry(store, { list, match }, service),
      );
      if (removed === 0) throw new CommandError(`there is no such entry: "antryk ${list} list" shows them`);
      print(options, { match, removed }, `${match} is off the list (${removed}).`);
    });
  return command;
}

function shown({ match, serviceId, until, reason, createdAt }: ListEntry) {
  return {
    match,
    service: serviceId ?? "all services",
    until: until === null ? "for good" : `until ${new Date(until).toISOString()}`,
    reason,
    createdAt: new Date(createdAt).toISOString(),
  };
}

/** How long from now, ms. */
export function timeFromNow(text: string): number {
  const ms = parseSpan(text) ?? Date.parse(text) - Date.now();
  if (ms > 0) return ms;
  throw new InvalidArgumentError("It must be a time to come: 30m, 6h, 7d, or a date such as 2027-01-31T00:00Z.");
}
