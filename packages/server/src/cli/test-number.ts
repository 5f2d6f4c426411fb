/** `antryk test-number …`: numbers that nothing is sent to, and whose code is always the same. */
import { Command } from "commander";
import { shownTestNumbers } from "../administration/shown.ts";
import { addTestNumber, removeTestNumber } from "../administration/test-numbers.ts";
import { canonicalSpelling } from "../policy/spellings.ts";
import { CommandError, withInstallation } from "./installation.ts";
import { timeFromNow } from "./list.ts";
import { noService } from "./missing.ts";
import { type OutputOptions, print, table } from "./output.ts";
import { recipientOf } from "./recipient.ts";

interface OfService extends OutputOptions {
  readonly service: string;
}

interface NewOptions extends OfService {
  readonly code: string;
  readonly until: number;
}

export function testNumberCommands(): Command {
  const command = new Command("test-number").description(
    "numbers that nothing is sent to and whose code is always the same, for reviewers and automated tests",
  );
  ofService(command, "add", "add a number, or give it another code or end; running servers follow within 2 seconds")
    .argument("<number>", "E.164, such as +12025550143")
    .requiredOption("--code <code>", "its code, as many digits as the service's codes have")
    .requiredOption("--until <time>", "how long, at most 90 days: 7d, or a date such as 2027-01-31T00:00Z", timeFromNow)
    .action(async (number: string, { service, code, until: forMs, ...options }: NewOptions) => {
      const made = await withInstallation({ create: false }, (parts) =>
        addTestNumber(parts, service, { number: numberOf(number), code, until: parts.store.now() + forMs }),
      );
      if (made.kind === "unknown") throw noService(service);
      if (made.kind === "problem") throw new CommandError(made.message);
      const until = new Date(made.testNumber.until).toISOString();
      const shown = { number: made.testNumber.number, service: service.toLowerCase(), until };
      print(options, shown, `Nothing is sent to ${shown.number}, and its code is the fixed one, until ${until}.`);
    });
  ofService(command, "list", "show a service's test numbers; their codes are never shown").action(
    async ({ service: id, ...options }: OfService) => {
      const testNumbers = await withInstallation({ create: false }, async ({ store }) => {
        const service = await store.findService(id.toLowerCase());
        if (!service) throw noService(id);
        return shownTestNumbers(service, store.now());
      });
      const empty = `None yet: "antryk test-number add +12025550143 --service ${id} --code 123456 --until 30d".`;
      const rows = testNumbers.map(({ number, until, hasEnded }) => [number, until, hasEnded ? "ended" : "in use"]);
      print(options, { testNumbers }, table(["NUMBER", "UNTIL", "STATE"], rows, empty));
    },
  );
  ofService(command, "remove", "make it a number as any other; its codes that are out no longer verify")
    .argument("<number>", "as it was added")
    .action(async (number: string, { service, ...options }: OfService) => {
      const wanted = numberOf(number);
      const removed = await withInstallation({ create: false }, (parts) => removeTestNumber(parts, service, wanted));
      if (typeof removed === "object") throw noService(service);
      if (!removed) throw new CommandError(`${wanted} is no test number: "antryk test-number list" shows them`);
      print(
        options,
        { number: wanted, removed },
        `${wanted} is a number as any other; servers follow within 2 seconds.`,
      );
    });
  return command;
}

function ofService(command: Command, verb: string, description: string): Command {
  return command
    .command(verb)
    .description(description)
    .requiredOption("--service <service>", "the service's id")
    .option("--json", "print one JSON object");
}

/** Every spelling of a phone is one recipient. */
function numberOf(given: string): string {
  return canonicalSpelling(recipientOf(given, "a test number must be"));
}
