/** `antryk service …` */
import { Command } from "commander";
import { shownScores, shownService } from "../administration/shown.ts";
import { withInstallation } from "./installation.ts";
import { mustExist, noService } from "./missing.ts";
import { type OutputOptions, print, table, valueTable } from "./output.ts";

/** With all verbs, or with those that suffice for `verb`: what knows every kind of gateway is slow to load. */
export async function serviceCommands(verb?: string): Promise<Command> {
  const service = new Command("service").description("verification services: code, limits, words and gateway");
  if (verb !== "show" && verb !== "list") (await import("./service-changes.ts")).addServiceChanges(service);
  service
    .command("show")
    .description("show a service's settings")
    .argument("<service>", "the service's id")
    .option("--json", "print one JSON object")
    .action(async (id: string, options: OutputOptions) => {
      const shown = await withInstallation({ create: false }, async ({ store }) => {
        const found = await store.findService(id.toLowerCase());
        if (!found) throw noService(id);
        return {
          ...shownService(found),
          ...(found.learnRoutes ? { learned: await shownScores(store, found.id) } : {}),
        };
      });
      print(options, shown, valueTable(shown));
    });
  service
    .command("list")
    .description("show all services")
    .option("--account <account>", "only this account's")
    .option("--json", "print one JSON object")
    .action(async (options: OutputOptions & { account?: string }) => {
      const all = await withInstallation({ create: false }, async ({ store }) => {
        await mustExist(store, options.account);
        return store.listServices(options.account);
      });
      const services = all.map(shownService);
      const rows = services.map(({ serviceId, name, provider, accountId }) => [
        serviceId,
        String(name),
        provider,
        accountId,
      ]);
      const empty = 'No service yet: make one with "antryk service create --account A --name N --countries IN,US".';
      print(options, { services }, table(["SERVICE", "NAME", "PROVIDER", "ACCOUNT"], rows, empty));
    });
  return service;
}
