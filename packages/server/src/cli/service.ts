/** `antryk service …` */
import { Command } from "commander";
import { servicesOf, type Wanted } from "../administration/overview.ts";
import { shownScores, shownService } from "../administration/shown.ts";
import { withInstallation } from "./installation.ts";
import { found, noService } from "./missing.ts";
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
        const service = await store.findService(id.toLowerCase());
        if (!service) throw noService(id);
        return {
          ...shownService(service),
          ...(service.learnRoutes ? { learned: await shownScores(store, service.id) } : {}),
        };
      });
      print(options, shown, valueTable(shown));
    });
  service
    .command("list")
    .description("show services; archived ones only with --all")
    .option("--account <account>", "only this account's")
    .option("--all", "archived ones too")
    .option("--json", "print one JSON object")
    .action(async (options: OutputOptions & Wanted) => {
      const all = await withInstallation({ create: false }, ({ store }) => servicesOf(store, options));
      const services = found(all, options.account).map(shownService);
      const rows = services.map(({ serviceId, name, provider, accountId, archivedAt }) => [
        serviceId,
        String(name),
        provider,
        accountId,
        ...(options.all ? [archivedAt ?? "-"] : []),
      ]);
      const empty = 'No service yet: make one with "antryk service create --account A --name N --countries IN,US".';
      print(
        options,
        { services },
        table(["SERVICE", "NAME", "PROVIDER", "ACCOUNT", ...(options.all ? ["ARCHIVED"] : [])], rows, empty),
      );
    });
  return service;
}
