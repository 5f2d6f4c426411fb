/** `antryk service …` */
import { Command } from "commander";
import { CommandError, openInstallation } from "./installation.ts";
import { type OutputOptions, print, table } from "./output.ts";
import { describeScores } from "./scores.ts";
import { describe, shownText } from "./service-shown.ts";

/** With all verbs, or with those that suffice for `verb`: what knows every gateway takes most of the time to load. */
export async function serviceCommands(verb?: string): Promise<Command> {
  const service = new Command("service").description("verification services: code, limits, words and gateway");
  if (verb !== "show" && verb !== "list") (await import("./service-settings.ts")).addSettingsCommands(service);
  service
    .command("show")
    .description("show a service's settings")
    .argument("<service>", "the service's id")
    .option("--json", "print one JSON object")
    .action(async (id: string, options: OutputOptions) => {
      const { store } = await openInstallation({ create: false });
      const found = await store.findService(id.toLowerCase());
      const scores = found ? await describeScores(store, found) : {};
      await store.close();
      if (!found) throw new CommandError(`there is no service ${id}: "antryk service list" shows them`);
      const shown = { ...describe(found), ...scores };
      print(
        options,
        shown,
        table(
          ["SETTING", "VALUE"],
          Object.entries(shown).map(([name, value]) => [name, shownText(value)]),
          "",
        ),
      );
    });
  service
    .command("list")
    .description("show all services")
    .option("--account <account>", "only this account's")
    .option("--json", "print one JSON object")
    .action(async (options: OutputOptions & { account?: string }) => {
      const { store } = await openInstallation({ create: false });
      const services = (await store.listServices(options.account)).map(describe);
      await store.close();
      const rows = services.map(({ serviceId, name, provider, accountId }) => [serviceId, name, provider, accountId]);
      print(
        options,
        { services },
        table(
          ["SERVICE", "NAME", "PROVIDER", "ACCOUNT"],
          rows,
          'No service yet: make one with "antryk service create --account A --name N".',
        ),
      );
    });
  return service;
}
