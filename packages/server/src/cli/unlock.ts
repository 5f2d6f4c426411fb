/** `antryk unlock`: empties a recipient's count of wrong codes. */
import { Command } from "commander";
import { unlockRecipient } from "../administration/unlock.ts";
import { withInstallation } from "./installation.ts";
import { noService } from "./missing.ts";
import { type OutputOptions, print } from "./output.ts";
import { recipientOf } from "./recipient.ts";

export function unlockCommand(): Command {
  return new Command("unlock")
    .description(
      "empty a recipient's count of wrong codes across OTPs, so that sends and tries are answered again; " +
        "it lifts no count of sends: antryk limit reset does",
    )
    .requiredOption("--service <service>", "the service's id")
    .requiredOption("--to <number>", "the recipient, E.164")
    .option("--json", "print one JSON object")
    .action(async (options: OutputOptions & { service: string; to: string }) => {
      const to = recipientOf(options.to);
      const { kind } = await withInstallation({ create: false }, (parts) =>
        unlockRecipient(parts, options.service, to),
      );
      if (kind === "unknown") throw noService(options.service);
      const unlocked = kind === "unlocked";
      print(
        options,
        { unlocked },
        unlocked ? "The count of wrong codes is empty." : "Nothing is counted for this recipient.",
      );
    });
}
