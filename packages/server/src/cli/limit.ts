/** `antryk limit …`: what is counted of a recipient. */
import { Command } from "commander";
import { resetRecipient } from "../administration/unlock.ts";
import { withInstallation } from "./installation.ts";
import { noService } from "./missing.ts";
import { type OutputOptions, print } from "./output.ts";
import { recipientOf } from "./recipient.ts";

export function limitCommands(): Command {
  const limit = new Command("limit").description("what is counted of a recipient");
  limit
    .command("reset")
    .description(
      "empty every count of a recipient: sends, sends begun, wrong codes across OTPs, the wait before a resend, and its count over all " +
        "services; limits that many recipients share stay counted",
    )
    .requiredOption("--to <number>", "the recipient, E.164")
    .option("--service <service>", "only of this service (default: all)")
    .option("--json", "print one JSON object")
    .action(async (options: OutputOptions & { service?: string; to: string }) => {
      const to = recipientOf(options.to);
      const outcome = await withInstallation({ create: false }, (parts) => resetRecipient(parts, to, options.service));
      if (outcome.kind === "unknown") throw noService(options.service ?? "");
      const { services } = outcome;
      const said = `Services whose counts of this recipient are empty now: ${services}.`;
      print(options, { services }, services === 0 ? "Nothing is counted for this recipient." : said);
    });
  return limit;
}
